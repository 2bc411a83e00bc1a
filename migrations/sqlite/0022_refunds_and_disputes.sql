-- What came back of a purchase's money and what that did to its credits; disputes as the provider has
-- them; refunds that staff made; and who runs the installation.

-- Those who run the installation: they see the payments of all organisations.
alter table user_account add column staff integer not null default 0;

-- What of a purchase went back, for lists; corrections_open: 1 while more is to be expected (and until
-- somebody has looked for the first time). dispute is the standing of its dispute, where there is one.
alter table purchase add column corrections_open integer not null default 1;
alter table purchase add column refunded_minor integer not null default 0;
alter table purchase add column credits_taken integer not null default 0;
alter table purchase add column dispute text;
create index purchase_correction_check on purchase (check_at) where status = 'credited' and corrections_open = 1;
create index purchase_review on purchase (updated_at) where status = 'review';
create index purchase_all on purchase (created_at, id);

-- One row a step, in the order of `number` from 1, written before the ledger is asked and never changed
-- afterwards but for its outcome. cause: 'refund' or 'dispute', and reference is the provider's name for
-- it. step: 'taken' (credits out, their money is back), 'given_back' (undoes transaction undoes), 'frozen',
-- 'unfrozen', or 'noted' (money moved, no credits). money_minor: what of this refund or dispute is away
-- after the step. refunded_minor: all succeeded refunds of the purchase by then. sequence: the ledger's
-- transaction. owed: what of the credits no lot had. staff and reason: of a refund that staff made.
create table purchase_correction (
    organisation text not null,
    purchase text not null,
    number integer not null,
    cause text not null,
    reference text not null,
    step text not null,
    credits integer not null,
    undoes integer,
    money_minor integer not null,
    refunded_minor integer not null,
    currency text not null,
    decided_at integer not null,
    staff text,
    reason text,
    booked_at integer,
    sequence integer,
    from_frozen integer not null,
    owed integer not null,
    primary key (organisation, purchase, number)
) strict;
create index purchase_correction_sequence on purchase_correction (organisation, sequence);

-- standing: 'inquiry', 'open', 'won', 'lost', 'withdrawn' or 'unknown'; status is the provider's own word.
create table purchase_dispute (
    organisation text not null,
    purchase text not null,
    reference text not null,
    amount_minor integer not null,
    away_minor integer not null,
    currency text not null,
    standing text not null,
    status text not null,
    reason text not null,
    opened_at integer not null,
    seen_at integer not null,
    primary key (organisation, purchase, reference)
) strict;
create index purchase_dispute_open on purchase_dispute (opened_at) where standing in ('inquiry', 'open', 'unknown');

-- A refund that staff asked for, written before the provider hears of it, under the key of its form.
create table refund_request (
    form_key text not null primary key,
    organisation text not null,
    purchase text not null,
    amount_minor integer not null,
    currency text not null,
    reason text not null,
    staff text not null,
    created_at integer not null,
    refund_ref text,
    problem text
) strict;
create index refund_request_purchase on refund_request (organisation, purchase);

create index payment_event_newest on payment_event (received_at);
