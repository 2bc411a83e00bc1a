-- Pieces of work that cost credits, and what was handed in for them.

create table report (
    organisation text not null,
    id text not null,
    user_id text not null,
    department text,
    title text not null,
    status text not null,
    quoted integer not null,
    hold text,
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
create index report_user on report (organisation, user_id, created_at);
create index report_waiting on report (created_at) where status in ('queued', 'running');

-- content is kept until it has been analysed.
create table report_asset (
    organisation text not null,
    report text not null,
    position integer not null,
    kind text not null,
    name text not null,
    size integer not null,
    content blob,
    status text not null,
    findings text,
    problem text,
    primary key (organisation, report, position)
) strict;
