-- How a purchase came about, the lot it paid for where that is a plan's, and the provider's invoice.

alter table purchase add column kind text not null default 'pack';
alter table purchase add column paid_lot text;
alter table purchase add column invoice_ref text;
create unique index purchase_invoice on purchase (provider, invoice_ref);
