-- Holds that wait for credits, with the order that is booked when they are there.

-- state: waiting, admitting (its order is on the way to the ledger), admitted, cancelled or expired. priority:
-- the highest first. order_text: the ledger's order, whose key makes that it is booked once. waits_for: the
-- code of the refusal. hold_seconds: how long the hold will stand.
create table parked_hold (
    organisation text not null,
    id text not null,
    state text not null,
    priority bigint not null,
    created_at bigint not null,
    ends_at bigint not null,
    request_key text not null,
    fingerprint bytea not null,
    order_text text not null,
    hold_seconds bigint not null,
    waits_for text not null,
    closed_at bigint,
    primary key (organisation, id)
);
create unique index parked_hold_request on parked_hold (organisation, request_key);
create index parked_hold_waiting on parked_hold (organisation, priority, created_at)
    where state in ('waiting', 'admitting');
