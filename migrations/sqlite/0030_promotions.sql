-- Codes that bring credits, organisations that bring others, and free credits to begin with.

-- code: in capitals. valid_days: how long the credits may be spent after they were redeemed; null for ever.
create table campaign (
    code text not null primary key,
    form_key text not null unique,
    name text not null,
    credits integer not null,
    valid_days integer,
    most_uses integer,
    uses integer not null,
    valid_from integer not null,
    valid_until integer,
    created_by text not null,
    created_at integer not null,
    ended_at integer,
    ended_by text
) strict;
create index campaign_newest on campaign (created_at, code);

-- An organisation redeems a code once; its terms are frozen here. sequence: the ledger's transaction.
create table campaign_use (
    organisation text not null,
    code text not null,
    user_id text not null,
    used_at integer not null,
    lot text not null,
    credits integer not null,
    expires_at integer,
    sequence integer,
    primary key (organisation, code)
) strict;
create index campaign_use_unbooked on campaign_use (used_at) where sequence is null;

create table referral_code (
    organisation text not null primary key,
    code text not null unique,
    user_id text not null,
    created_at integer not null
) strict;

-- Who was brought by whom, on the terms of that day. state: 'waiting' for the first payment, 'held' until
-- due_at, 'rewarded' (watched until due_at), 'lost' (the payment went back before), 'refused' (the same
-- people are behind both) or 'taken_back'.
create table referral (
    invited text not null primary key,
    inviter text not null,
    code text not null,
    code_by text not null,
    user_id text not null,
    begun_at integer not null,
    inviter_credits integer not null,
    invited_credits integer not null,
    inviter_lot text not null,
    invited_lot text not null,
    hold_days integer not null,
    valid_months integer,
    state text not null,
    purchase text,
    due_at integer,
    decided_at integer
) strict;
create index referral_inviter on referral (inviter, begun_at);
create index referral_newest on referral (begun_at, invited);
create index referral_waiting on referral (invited) where state = 'waiting';
create index referral_due on referral (state, due_at);

-- Organisations that were given their free credits to begin with.
create table signup_credit (
    organisation text not null primary key,
    granted_at integer not null
) strict;
