-- What members ask their admins for: more credits, or to look at a balance that seems wrong.

-- about: 'credits' or 'balance'. amount: in micro-credits, where they said how much. facts: what the ledger
-- said at that moment, as text. state: 'open', 'done' or 'declined'; answer: what the admin said.
create table ask (
    organisation text not null,
    id text not null,
    form_key text not null,
    member text not null,
    about text not null,
    amount integer,
    message text not null,
    facts text,
    asked_at integer not null,
    state text not null,
    answered_by text,
    answered_at integer,
    answer text,
    primary key (organisation, id)
) strict;
create unique index ask_once on ask (organisation, member, form_key);
create index ask_newest on ask (organisation, asked_at, id);
