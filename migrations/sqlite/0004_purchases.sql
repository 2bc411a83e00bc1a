-- Purchases with pack, price and credits frozen, and the inbox of what the payment provider reports.
-- Whether a purchase is paid is the ledger's to say (its grant); status is what the provider said last.

create table purchase (
    organisation text not null,
    id text not null,
    user_id text not null,
    pack text not null,
    credits integer not null,
    amount_minor integer not null,
    currency text not null,
    livemode integer not null,
    status text not null,
    provider text not null,
    session_ref text unique,
    payment_ref text,
    checkout_url text,
    attempt integer not null,
    created_at integer not null,
    updated_at integer not null,
    paid_at integer,
    note text,
    primary key (organisation, id)
) strict;
create unique index purchase_id on purchase (id);
create index purchase_payment on purchase (payment_ref);
create index purchase_newest on purchase (organisation, created_at, id);
create index purchase_unfinished on purchase (updated_at) where status in ('created', 'open', 'processing');

create table payment_event (
    provider text not null,
    livemode integer not null,
    event_id text not null,
    type text not null,
    payload text not null,
    received_at integer not null,
    processed_at integer,
    attempts integer not null,
    problem text,
    primary key (provider, livemode, event_id)
) strict;
create index payment_event_waiting on payment_event (received_at) where processed_at is null;
