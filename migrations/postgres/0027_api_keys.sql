-- API keys: what programs of an organisation act with; and the pieces of work that they name.

-- scopes: words with a space between. created_by: none for a key from the command line. rotation: how often
-- its secret was renewed, so that a form that is sent twice renews it once.
create table api_key (
    organisation text not null,
    id text not null,
    name text not null,
    scopes text not null,
    department text,
    created_by text,
    created_at bigint not null,
    rotation bigint not null,
    last_used_at bigint,
    revoked_at bigint,
    revoked_by text,
    primary key (organisation, id)
);

-- hash is of the whole secret: who reads this table cannot use it. prefix is how people tell keys apart.
-- ends_at: after a rotation the secret before works until then.
create table api_key_secret (
    organisation text not null,
    api_key text not null,
    rotation bigint not null,
    prefix text not null,
    hash bytea not null unique,
    created_at bigint not null,
    ends_at bigint,
    primary key (organisation, api_key, rotation)
);

-- A piece of work that a program named. reference: the program's own name for it.
create table api_report (
    organisation text not null,
    id text not null,
    title text not null,
    reference text,
    department text,
    member text,
    api_key text not null,
    request_key text not null,
    fingerprint bytea not null,
    created_at bigint not null,
    primary key (organisation, id)
);
create unique index api_report_request on api_report (organisation, request_key);
create index api_report_newest on api_report (organisation, created_at, id);

-- What one key used, by its place in the journal.
create index ledger_transaction_program on ledger_transaction (organisation, api_key, sequence)
    where direction = 'usage' and api_key is not null;
