-- Taxes of purchases, and the billing details as the payment provider has them.

-- tax_mode: what was said of the price when it was frozen: 'off' (nothing), 'exclusive' (the tax comes on
-- top of it) or 'inclusive' (it contains its tax). tax_minor: the tax as the provider reckoned it.
alter table purchase add column tax_mode text not null default 'off';
alter table purchase add column tax_minor integer not null default 0;

-- mirror_at: when the customer is next to be told of the billing details; null when they have been.
-- mirrored_version: the details that they were told last. tax_id_ref: the provider's name for the tax id
-- that came from them. mirror_problem: what the provider did not take of them, and why.
alter table billing_customer add column mirror_at integer;
alter table billing_customer add column mirrored_version integer not null default 0;
alter table billing_customer add column tax_id_ref text;
alter table billing_customer add column mirror_problem text;
update billing_customer set mirror_at = created_at where exists
    (select 1 from billing_details d where d.organisation = billing_customer.organisation);
create index billing_customer_mirror on billing_customer (mirror_at) where mirror_at is not null;
