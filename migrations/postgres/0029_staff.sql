-- What staff does: to the credits of organisations, with what waits for a second person; mass grants; the
-- log of all of it. And when each job ran last.

-- Who of the staff closed a payment that was under review.
alter table purchase add column closed_by text;
create index organisation_newest on organisation (created_at, id);

-- kind: 'grant' or 'adjust'; lot is the one to be made or corrected, amount what it changes by. state:
-- 'waiting' for a second person, 'approved' and not booked yet, 'booked', 'refused' by the ledger,
-- 'declined' or 'withdrawn'. before_available and available: what could be spent before and after.
create table staff_request (
    id text not null primary key,
    form_key text not null unique,
    organisation text not null,
    kind text not null,
    lot text not null,
    source text,
    amount bigint not null,
    expires_at bigint,
    reason text not null,
    asked_by text not null,
    asked_at bigint not null,
    lapses_at bigint not null,
    state text not null,
    decided_by text,
    decided_at bigint,
    sequence bigint,
    before_available bigint,
    available bigint,
    problem text
);
create index staff_request_open on staff_request (asked_at) where state in ('waiting', 'approved');
create index staff_request_newest on staff_request (asked_at, id);
create index staff_request_asked on staff_request (organisation, asked_by, asked_at);

-- id is made from what was done, so that it is written once. address: where it can be seen. was, became:
-- what it changed.
create table staff_log (
    id text not null primary key,
    at bigint not null,
    staff text not null,
    organisation text,
    action text not null,
    address text,
    reason text,
    was text,
    became text
);
create index staff_log_newest on staff_log (at, id);
create index staff_log_organisation on staff_log (organisation, at, id);

-- digest: of the file, so that the same file is one mass grant however often it is sent. state: 'checked',
-- 'waiting' for a second person, 'running', 'done' or 'dropped'.
create table mass_grant (
    digest text not null primary key,
    name text not null,
    uploaded_by text not null,
    uploaded_at bigint not null,
    lines bigint not null,
    wrong bigint not null,
    total bigint not null,
    state text not null,
    confirmed_by text,
    confirmed_at bigint,
    decided_by text,
    decided_at bigint,
    done_at bigint
);
create index mass_grant_newest on mass_grant (uploaded_at, digest);
create index mass_grant_open on mass_grant (uploaded_at) where state in ('waiting', 'running');

-- line: its number in the file, from 1. organisation and the rest are null where problem says what is
-- wrong with the line. state: 'checked', 'booked' or 'refused' by the ledger.
create table mass_grant_line (
    digest text not null,
    line bigint not null,
    written text not null,
    organisation text,
    lot text,
    source text,
    amount bigint,
    expires_at bigint,
    reason text,
    available bigint,
    state text not null,
    sequence bigint,
    problem text,
    cure text,
    primary key (digest, line)
);
create index mass_grant_line_unbooked on mass_grant_line (digest, line) where state = 'checked';

-- ran_at: when a step of the job last came to its end, on whichever node. failed_at and problem: the last
-- time that one did not.
create table job_run (
    job text not null primary key,
    ran_at bigint,
    worked_at bigint,
    failed_at bigint,
    problem text
);
