-- Pieces of work that cost credits, and what was handed in for them.

-- form_key is that of the form that started it: sent again, it finds this report. fingerprint is a hash
-- of what was handed in, so that another content under the same key is noticed.
-- status is 'preparing' (no hold yet), 'queued', 'running', 'done', 'partly' or 'failed'.
-- credits sorts the list: what is held while it runs, then what the ledger charged.
create table report (
    organisation text not null,
    id text not null,
    user_id text not null,
    department text,
    form_key text not null,
    fingerprint text not null,
    title text not null,
    status text not null,
    quoted integer not null,
    credits integer not null,
    hold text not null,
    text_assets integer not null,
    image_assets integer not null,
    video_assets integer not null,
    attempt integer not null,
    worker text,
    leased_until integer,
    created_at integer not null,
    started_at integer,
    finished_at integer,
    primary key (organisation, id)
) strict;
create index report_newest on report (organisation, created_at, id);
create index report_dearest on report (organisation, credits, id);
create unique index report_form on report (organisation, user_id, form_key);
create index report_user on report (organisation, user_id, created_at);
create index report_waiting on report (created_at) where finished_at is null;

-- content is kept until it has been analysed. credits is its price in the quote that was agreed.
-- status is 'waiting', 'done' or 'failed'; attempts counts how often its analysis was begun.
create table report_asset (
    organisation text not null,
    report text not null,
    position integer not null,
    kind text not null,
    name text not null,
    size integer not null,
    credits integer not null,
    attempts integer not null,
    content blob,
    status text not null,
    findings text,
    problem text,
    finished_at integer,
    primary key (organisation, report, position)
) strict;
