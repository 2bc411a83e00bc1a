-- Kinds of transactions that are few among many, so that a page finds them without reading the journal.

create index ledger_transaction_expire on ledger_transaction (organisation, sequence)
    where kind = 'expire';
create index ledger_transaction_set_budget on ledger_transaction (organisation, sequence)
    where kind = 'set_budget';
