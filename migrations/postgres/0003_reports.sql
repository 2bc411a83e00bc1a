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
    quoted bigint not null,
    credits bigint not null,
    hold text not null,
    text_assets bigint not null,
    image_assets bigint not null,
    video_assets bigint not null,
    attempt bigint not null,
    worker text,
    leased_until bigint,
    created_at bigint not null,
    started_at bigint,
    finished_at bigint,
    primary key (organisation, id)
);
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
    position bigint not null,
    kind text not null,
    name text not null,
    size bigint not null,
    credits bigint not null,
    attempts bigint not null,
    content bytea,
    status text not null,
    findings text,
    problem text,
    finished_at bigint,
    primary key (organisation, report, position)
);
