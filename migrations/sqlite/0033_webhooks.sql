-- Webhooks: where an organisation's programs want to be told of what happens, what they are told, and how
-- that went.

-- kinds: names of events with a space between, or * for all. state: 'on' or 'off'; off_reason: why it was
-- switched off where nobody did it. secret signs; secret_before signs as well until it ends. rotation: how
-- often the secret was renewed. version: a form that is older is refused. told_through: the last place of
-- the journal that is among the deliveries. alerts_since, parked_since: from when on these are told; null
-- where they are not wanted. place: the last number that was given to a delivery. failing_since: since when
-- nothing was taken. rests_until: nothing is sent before. claimed_until: whoever sends has it for so long;
-- claim is what two nodes compare and set.
create table webhook_endpoint (
    organisation text not null,
    id text not null,
    name text not null,
    url text not null,
    kinds text not null,
    state text not null,
    off_reason text,
    secret text not null,
    secret_before text,
    secret_before_ends_at integer,
    rotation integer not null,
    version integer not null,
    told_through integer not null,
    alerts_since integer,
    parked_since integer,
    place integer not null,
    failing_since integer,
    rests_until integer not null,
    claimed_until integer not null,
    claim integer not null,
    created_at integer not null,
    created_by text,
    primary key (organisation, id)
) strict;
create index webhook_endpoint_on on webhook_endpoint (claimed_until) where state = 'on';

-- id: what receivers know it by, the same however often it is sent. place: in the order in which things
-- happened. about: what it tells of, once for each endpoint. body: what is sent, to the letter. state:
-- 'waiting', 'delivered' or 'failed'. tries: since it was put into the queue last; attempts: in all.
create table webhook_delivery (
    organisation text not null,
    endpoint text not null,
    id text not null,
    place integer not null,
    kind text not null,
    about text not null,
    body text not null,
    state text not null,
    created_at integer not null,
    tries integer not null,
    attempts integer not null,
    next_try_at integer,
    ended_at integer,
    result text,
    primary key (organisation, endpoint, id)
) strict;
create unique index webhook_delivery_once on webhook_delivery (organisation, endpoint, about);
create index webhook_delivery_newest on webhook_delivery (organisation, endpoint, place);
create index webhook_delivery_waiting on webhook_delivery (organisation, endpoint, next_try_at)
    where state = 'waiting';
create index webhook_delivery_failed on webhook_delivery (organisation, endpoint, place)
    where state = 'failed';
create index webhook_delivery_old on webhook_delivery (created_at);

-- One time that a delivery was sent. milliseconds: null while it is under way, or where the program that sent
-- it died. status: of the answer, if there was one; answer: how it began. problem: why there was none.
create table webhook_attempt (
    organisation text not null,
    endpoint text not null,
    delivery text not null,
    number integer not null,
    began_at integer not null,
    milliseconds integer,
    status integer,
    answer text,
    problem text,
    primary key (organisation, endpoint, delivery, number)
) strict;

-- Parked holds that waited in vain, for those who want to be told.
create index parked_hold_expired on parked_hold (organisation, closed_at) where state = 'expired';
