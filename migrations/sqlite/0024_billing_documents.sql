-- Who is billed, the documents about purchases, and when each thing happened in a purchase's life.

-- Each change of the details is a version of its own; the highest is in force.
create table billing_details (
    organisation text not null,
    version integer not null,
    details text not null,
    changed_by text not null,
    changed_at integer not null,
    primary key (organisation, version)
) strict;

-- The letters that an organisation's document numbers begin with, given once and never to another.
create table document_prefix (
    organisation text not null,
    prefix text not null,
    primary key (organisation)
) strict;
create unique index document_prefix_once on document_prefix (prefix);

-- The last number given in a series; documents of test purchases have a series of their own.
create table document_series (
    organisation text not null,
    livemode integer not null,
    last integer not null,
    primary key (organisation, livemode)
) strict;

-- place: 0 for the receipt or invoice of a purchase, then its credit notes in order.
-- refunded_minor: what had been paid back in all when a credit note was written.
-- content: everything that the document says, frozen, as JSON.
create table billing_document (
    organisation text not null,
    number text not null,
    livemode integer not null,
    position integer not null,
    kind text not null,
    purchase text not null,
    place integer not null,
    refunded_minor integer not null,
    currency text not null,
    total_minor integer not null,
    tax_minor integer not null,
    credits integer not null,
    issued_at integer not null,
    content text not null,
    primary key (organisation, number)
) strict;
create unique index billing_document_position on billing_document (organisation, livemode, position);
create unique index billing_document_place on billing_document (organisation, purchase, place);
create index billing_document_year on billing_document (organisation, livemode, issued_at);

-- sent_at: the payment page was open. event_at: the first event about it was acted on.
-- document_at: when its receipt or invoice is to be written next; null when it is, or none is due.
alter table purchase add column sent_at integer;
alter table purchase add column event_at integer;
alter table purchase add column credited_at integer;
alter table purchase add column document_at integer;
update purchase set document_at = coalesce(paid_at, updated_at) where status = 'credited';
create index purchase_document on purchase (document_at) where document_at is not null;
