-- What members ask their admins for: more credits, or to look at a balance that seems wrong.

-- about: 'credits' or 'balance'. amount: in micro-credits, where they said how much. facts: what the ledger
-- said at that moment, as text. state: 'open', 'done' or 'declined'; answer: what the admin said.
create table ask (
    organisation text not null,
    id text not null,
    form_key text not null,
    member text not null,
    about text not null,
    amount bigint,
    message text not null,
    facts text,
    asked_at bigint not null,
    state text not null,
    answered_by text,
    answered_at bigint,
    answer text,
    primary key (organisation, id)
);
create unique index ask_once on ask (organisation, member, form_key);
create index ask_newest on ask (organisation, asked_at, id);
