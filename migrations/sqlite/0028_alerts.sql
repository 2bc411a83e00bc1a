-- What people are told: the rules, what was crossed, the alerts, everyone's inbox, and the mail to be sent.

-- The outbox of mail. about: what it is about; nobody is written to twice for the same thing. content: the
-- letter as JSON until it is sent or given up, because it may hold the secret of a link. next_try_at: null
-- once it is over. attempts is also what two nodes compare and set before they send.
create table mail (
    organisation text not null,
    id text not null,
    about text not null,
    recipient text not null,
    subject text not null,
    content text,
    created_at integer not null,
    next_try_at integer,
    attempts integer not null,
    sent_at integer,
    given_up_at integer,
    result text,
    primary key (organisation, id)
) strict;
create unique index mail_once on mail (organisation, about, recipient);
create index mail_due on mail (next_try_at) where next_try_at is not null;
create index mail_newest on mail (organisation, created_at);

-- What was told. key: told once. topic: what it is about, a cure of it closes all of its alerts. watch: the
-- limit that was crossed, which closes it when it is armed again. place: among banners, the lowest first.
-- audience: everyone, admins, department:dep_… (and the admins) or member:usr_….
create table alert (
    organisation text not null,
    id text not null,
    key text not null,
    kind text not null,
    place integer not null,
    topic text not null,
    watch text not null,
    audience text not null,
    title text not null,
    detail text not null,
    address text,
    link text,
    created_at integer not null,
    shown_until integer,
    closed_at integer,
    primary key (organisation, id)
) strict;
create unique index alert_told on alert (organisation, key);
create index alert_newest on alert (organisation, created_at);
create index alert_open on alert (organisation, place) where closed_at is null;

-- An alert in one person's inbox. is_quiet: a louder one told the same at the same time, so that it is not
-- listed; it can still become the banner when that one is over.
create table inbox (
    organisation text not null,
    user_id text not null,
    alert text not null,
    created_at integer not null,
    is_quiet integer not null,
    read_at integer,
    dismissed_at integer,
    primary key (organisation, user_id, alert)
) strict;
create index inbox_newest on inbox (organisation, user_id, created_at, alert) where is_quiet = 0;
create index inbox_unread on inbox (organisation, user_id) where is_quiet = 0 and read_at is null;

-- What an organisation (owner is empty) or a person is told of. levels_at: since when the levels are these.
-- version: a form that is older is refused. Without a row the catalogue's defaults apply.
create table alert_rule (
    organisation text not null,
    owner text not null,
    kind text not null,
    levels text not null,
    mail integer not null,
    in_app integer not null,
    levels_at integer not null,
    changed_at integer not null,
    changed_by text not null,
    version integer not null,
    primary key (organisation, owner, kind)
) strict;

-- Which of their alerts a person gets by mail: all, urgent or none.
create table mail_choice (
    organisation text not null,
    user_id text not null,
    choice text not null,
    primary key (organisation, user_id)
) strict;

-- How far an organisation's journal was looked at, and when time alone may bring something.
create table alert_turn (
    organisation text not null primary key,
    sequence integer not null,
    look_at integer not null,
    version integer not null
) strict;

-- Every limit that was looked at. state: waiting (the figure was never above it), armed or crossed.
create table alert_watch (
    organisation text not null,
    watch text not null,
    state text not null,
    primary key (organisation, watch)
) strict;

insert into alert (organisation, id, key, kind, place, topic, watch, audience, title, detail, address, link,
        created_at, closed_at)
    select organisation, id, key, case severity when 'bad' then 'payment_failed' else 'top_up_stopped' end,
        case severity when 'bad' then 0 else 2 end, topic, '', 'admins', title, detail, address, link,
        created_at, closed_at
    from admin_notice;
insert into inbox (organisation, user_id, alert, created_at, is_quiet, read_at, dismissed_at)
    select n.organisation, m.user_id, n.id, n.created_at, 0, n.closed_at, n.closed_at
    from admin_notice n join membership m on m.organisation = n.organisation
    where m.ended_at is null and m.role in ('admin', 'superadmin');
drop table admin_notice;
