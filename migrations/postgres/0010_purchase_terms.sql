-- The rest of a purchase's frozen terms, when to look at it again, and who is whom at the provider.

-- valid_months: null for credits that never expire. form_key: the same form posted twice is one purchase.
-- expires_at: when the payment page closes. check_at: when the sweep looks next.
alter table purchase add column pack_name text not null default '';
alter table purchase add column valid_months bigint;
alter table purchase add column form_key text;
alter table purchase add column expires_at bigint not null default 0;
alter table purchase add column check_at bigint not null default 0;
alter table purchase add column rechecked_at bigint;
create unique index purchase_form on purchase (organisation, form_key);
create index purchase_check on purchase (check_at) where status in ('created', 'open', 'processing');
drop index purchase_unfinished;

alter table payment_event add column next_attempt_at bigint not null default 0;

create table billing_customer (
    organisation text not null,
    provider text not null,
    livemode bigint not null,
    customer_ref text not null,
    created_at bigint not null,
    primary key (organisation, provider, livemode)
);
