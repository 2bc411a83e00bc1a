-- The sandbox's own SQLite file. Every noun of the API is one row of `objects`: its JSON is the truth.
create table if not exists objects (
    number  integer primary key autoincrement, -- order of creation, what cursors mean
    id      text not null unique,
    kind    text not null,                     -- Stripe's own `object` field
    owner   text,                              -- what the object belongs to: an item to its session, a refund to its charge
    created integer not null,                  -- seconds since the Unix epoch
    due_at  integer,                           -- milliseconds of the test clock: when the sandbox must act on it by itself
    body    text not null
) strict;
create index if not exists objects_by_kind on objects (kind, number);
create index if not exists objects_by_owner on objects (owner, number) where owner is not null;
create index if not exists objects_by_due on objects (due_at) where due_at is not null;

create table if not exists endpoint_secrets (
    endpoint text primary key,
    secret   text not null
) strict;

create table if not exists deliveries (
    number     integer primary key autoincrement,
    event      text not null,
    endpoint   text not null,
    state      text not null,      -- waiting, delivered, failed, dropped
    attempts   integer not null default 0,
    attempt_at integer not null,   -- milliseconds: the next attempt while waiting, the last one otherwise
    answer     text                -- what the last attempt met, for people
) strict;
create index if not exists deliveries_waiting on deliveries (attempt_at, number) where state = 'waiting';
create index if not exists deliveries_by_event on deliveries (event, number);

create table if not exists delivery_faults (
    number       integer primary key autoincrement,
    fault        text not null,    -- drop, delay, duplicate
    event_type   text,             -- null: any
    milliseconds integer not null
) strict;

create table if not exists request_faults (
    number integer primary key autoincrement,
    fault  text not null,          -- refuse, lose
    status integer not null
) strict;

create table if not exists idempotency_keys (
    key         text primary key,
    fingerprint text not null,
    request     text not null,
    created     integer not null,  -- seconds since the Unix epoch
    status      integer not null,
    body        text not null
) strict;

create table if not exists settings (
    name  text primary key,
    value text not null
) strict;
