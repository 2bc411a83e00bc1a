-- Pieces of work that cost credits, and what was handed in for them.

create table report (
    organisation text not null,
    id text not null,
    user_id text not null,
    department text,
    title text not null,
    status text not null,
    quoted bigint not null,
    hold text,
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
create index report_user on report (organisation, user_id, created_at);
create index report_waiting on report (created_at) where status in ('queued', 'running');

-- content is kept until it has been analysed.
create table report_asset (
    organisation text not null,
    report text not null,
    position bigint not null,
    kind text not null,
    name text not null,
    size bigint not null,
    content bytea,
    status text not null,
    findings text,
    problem text,
    primary key (organisation, report, position)
);
