-- The catalogues of this installation by the time at which each takes effect, and the quotes that were given.

-- number: gap-free from 1, in the order in which they were applied. body: the file as it was written, TOML.
-- The one in force is that with the latest effective_at that is past, of equal ones the highest number.
-- withdrawn_at: it was taken back before it took effect.
create table catalogue_version (
    number bigint not null primary key,
    code text not null,
    body text not null,
    applied_at bigint not null,
    applied_by text not null,
    effective_at bigint not null,
    withdrawn_at bigint,
    withdrawn_by text
);

-- inputs, lines: JSON, as they were asked for and answered. least and most bind until expires_at, whatever
-- the catalogue becomes. catalogue: the version that priced it, 0 for one that was never written down.
create table quote (
    organisation text not null,
    id text not null,
    asked_by text not null,
    operation text not null,
    name text not null,
    inputs text not null,
    lines text not null,
    least bigint not null,
    most bigint not null,
    over_settle text not null,
    at_zero text not null,
    catalogue bigint not null,
    created_at bigint not null,
    expires_at bigint not null,
    primary key (organisation, id)
);
create index quote_expiry on quote (expires_at);

-- What became of a quote: the usage that names it.
create index ledger_transaction_quote on ledger_transaction (organisation, quote, sequence)
    where direction = 'usage' and quote is not null;
