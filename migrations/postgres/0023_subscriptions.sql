-- Which plan an organisation has, as the payment provider said last, and the terms of every plan ever sold.

-- The terms are frozen: a product of the provider stands for exactly these terms, for ever.
create table plan_terms (
    provider text not null,
    product_ref text not null,
    terms text not null,
    created_at bigint not null,
    primary key (provider, product_ref)
);

-- paid_ref: the product that was paid for last. next_ref: what the next period will be billed as.
-- page_*: the payment page that is open, and what is chosen on it. asked_at: when the provider was asked.
create table subscription (
    organisation text not null,
    provider text not null,
    livemode bigint not null,
    status text not null,
    user_id text,
    subscription_ref text,
    paid_ref text,
    next_ref text,
    period_start bigint,
    period_end bigint,
    ends_with_period bigint not null,
    pay_url text,
    page_ref text,
    page_url text,
    page_product text,
    page_closes_at bigint,
    asked_at bigint not null,
    check_at bigint not null,
    primary key (organisation, provider, livemode)
);
create unique index subscription_name on subscription (provider, subscription_ref);
create index subscription_check on subscription (check_at);
create index billing_customer_reference on billing_customer (customer_ref);
