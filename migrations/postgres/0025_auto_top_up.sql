-- Saved cards with the consent they were saved under, auto top-up and its attempts, notices to the admins.

-- Who allowed what, when and in which words; kept for good. page_ref: the provider's page on which the
-- card is typed. method_ref: the card that was saved there.
create table card_consent (
    organisation text not null,
    id text not null,
    provider text not null,
    livemode bigint not null,
    user_id text not null,
    wording text not null,
    given_at bigint not null,
    customer_ref text not null,
    page_ref text,
    method_ref text,
    primary key (organisation, id)
);
create unique index card_consent_id on card_consent (id);

-- The one card of an organisation, while it is saved.
create table saved_card (
    organisation text not null,
    provider text not null,
    livemode bigint not null,
    method_ref text not null,
    customer_ref text not null,
    brand text not null,
    last_four text not null,
    expires_month bigint not null,
    expires_year bigint not null,
    fingerprint text not null,
    consent text not null,
    saved_at bigint not null,
    primary key (organisation, provider, livemode)
);
create index saved_card_method on saved_card (provider, method_ref);

-- buys: pack, own or up_to; pack and credits say which. look_at: when to look next; far away while nothing
-- can come of it. ended_because: why it turned itself off. resumed_at: what the bank refused before it does
-- not count any more. version: a form that is older is refused.
create table auto_top_up (
    organisation text not null,
    provider text not null,
    livemode bigint not null,
    is_on bigint not null,
    threshold bigint not null,
    buys text not null,
    pack text,
    credits bigint,
    cap_minor bigint not null,
    currency text not null,
    user_id text not null,
    changed_at bigint not null,
    version bigint not null,
    ended_because text,
    resumed_at bigint not null,
    look_at bigint not null,
    primary key (organisation, provider, livemode)
);
create index auto_top_up_look on auto_top_up (look_at) where is_on = 1;

-- One row an attempt; what became of it is the purchase's status. number: gap-free, so that two nodes never
-- make the same one. The card is frozen with it: a repeated request must be the same.
create table top_up (
    organisation text not null,
    provider text not null,
    livemode bigint not null,
    number bigint not null,
    purchase text not null,
    customer_ref text not null,
    method_ref text not null,
    fingerprint text not null,
    begun_at bigint not null,
    payment_ref text,
    decline_code text,
    declined_at bigint,
    needs_owner_at bigint,
    primary key (organisation, provider, livemode, number)
);
create unique index top_up_purchase on top_up (purchase);
create index top_up_card on top_up (organisation, fingerprint, number);
create index top_up_payment on top_up (payment_ref);

-- What the admins are told on their pages. key: told once. topic: what it is about.
create table admin_notice (
    organisation text not null,
    id text not null,
    key text not null,
    topic text not null,
    severity text not null,
    title text not null,
    detail text not null,
    address text,
    link text,
    created_at bigint not null,
    closed_at bigint,
    closed_by text,
    primary key (organisation, id)
);
create unique index admin_notice_told on admin_notice (organisation, key);
create index admin_notice_open on admin_notice (organisation, created_at) where closed_at is null;
