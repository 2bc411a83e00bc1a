-- The ledger: an append-only journal (transaction, entry, key) and the figures rebuilt from it.
-- Every primary key begins with the organisation; no foreign keys, the engine has just read the row.

-- direction is 'usage' (settled work), 'addition' (credits coming in) or 'other'.
-- amount is what people are shown: negative for usage, positive for additions, 0 where nothing moved.
-- counted_at is the instant whose budget windows a usage counts in.
create table ledger_transaction (
    organisation text not null,
    sequence integer not null,
    kind text not null,
    direction text not null,
    key text not null,
    actor text not null,
    department text,
    member text,
    api_key text,
    operation text,
    report text,
    quote text,
    hold text,
    lot text,
    corrects integer,
    occurred_at integer not null,
    recorded_at integer not null,
    counted_at integer,
    amount integer not null,
    available_after integer not null,
    detail text not null,
    hash blob not null,
    primary key (organisation, sequence)
) strict, without rowid;
create index ledger_transaction_usage on ledger_transaction (organisation, sequence)
    where direction = 'usage';
create index ledger_transaction_addition on ledger_transaction (organisation, sequence)
    where direction = 'addition';
create index ledger_transaction_operation on ledger_transaction (organisation, operation, sequence)
    where direction = 'usage';
create index ledger_transaction_department on ledger_transaction (organisation, department, sequence)
    where direction = 'usage';
create index ledger_transaction_member on ledger_transaction (organisation, member, sequence)
    where direction = 'usage';
create index ledger_transaction_report on ledger_transaction (organisation, report, sequence)
    where direction = 'usage';

create table ledger_entry (
    organisation text not null,
    sequence integer not null,
    line integer not null,
    account text not null,
    amount integer not null,
    primary key (organisation, sequence, line)
) strict, without rowid;

-- Idempotency keys live as long as the journal; apart from it, because callers' keys are not in order.
create table ledger_key (
    organisation text not null,
    key text not null,
    fingerprint blob not null,
    sequence integer not null,
    primary key (organisation, key)
) strict, without rowid;

-- The one row of an organisation that every group compares and sets: sequence is its version.
-- time_zone is the organisation's when it began: the roll-ups' months are counted in it.
create table ledger_head (
    organisation text not null primary key,
    sequence integer not null,
    hash blob not null,
    granted integer not null,
    spent integer not null,
    expired integer not null,
    revoked integer not null,
    debt integer not null,
    available integer not null,
    held integer not null,
    frozen integer not null,
    recorded_at integer not null,
    time_zone text not null,
    next_due integer
) strict, without rowid;
create index ledger_head_due on ledger_head (next_due) where next_due is not null;

-- What the organisation agreed on; a row of its own because a calendar is long and rarely changes.
create table ledger_terms (
    organisation text not null primary key,
    terms text not null
) strict;

-- Only outflows that differ from what their transaction says. state is 'owing' or 'settled'.
create table ledger_outflow (
    organisation text not null,
    sequence integer not null,
    state text not null,
    owed integer not null,
    reversed integer not null,
    terms text not null,
    primary key (organisation, sequence)
) strict;
create index ledger_outflow_owing on ledger_outflow (organisation) where state = 'owing';

-- terms is the whole lot or budget as the ledger knows it; the columns are what is filtered or summed.
-- state is 'open' or 'empty'.
create table ledger_lot (
    organisation text not null,
    id text not null,
    state text not null,
    source text not null,
    granted integer not null,
    remaining integer not null,
    expires_at integer,
    terms text not null,
    primary key (organisation, id)
) strict;
create index ledger_lot_open on ledger_lot (organisation) where state = 'open';

-- state is 'open', 'settled' or 'released'. terms is what neither the other columns nor the transaction
-- made_by say: written for every piece of work, so it says nothing twice.
create table ledger_hold (
    organisation text not null,
    id text not null,
    state text not null,
    amount integer not null,
    settled integer not null,
    deadline integer not null,
    made_by integer not null,
    closed_by integer,
    terms text not null,
    primary key (organisation, id)
) strict;
create index ledger_hold_open on ledger_hold (organisation) where state = 'open';

-- state is 'set' or 'removed'; a subject has one budget at most.
create table ledger_budget (
    organisation text not null,
    subject text not null,
    state text not null,
    amount integer not null,
    used integer not null,
    held integer not null,
    terms text not null,
    primary key (organisation, subject)
) strict;

-- month is 'YYYY-MM' in the organisation's time zone; '' stands for "not attributed".
create table usage_rollup (
    organisation text not null,
    month text not null,
    operation text not null,
    department text not null,
    member text not null,
    report text not null,
    credits integer not null,
    transactions integer not null,
    primary key (organisation, month, operation, department, member, report)
) strict, without rowid;
