-- Who there is: organisations, departments, people, their sessions; and the installation's settings.
-- Times are microseconds since the Unix epoch; they come from the program, never from the database.

create table organisation (
    id text not null primary key,
    name text not null,
    currency text not null,
    time_zone text not null,
    catalogue text not null,
    created_at bigint not null
);

-- name_folded is the name in lower case: two departments in use never differ by case alone.
create table department (
    organisation text not null,
    id text not null,
    name text not null,
    name_folded text not null,
    created_at bigint not null,
    archived_at bigint,
    primary key (organisation, id)
);
create unique index department_name on department (organisation, name_folded)
    where archived_at is null;

-- email is kept in lower case.
create table user_account (
    id text not null primary key,
    email text not null unique,
    name text not null,
    password_hash text not null,
    created_at bigint not null
);

create table membership (
    organisation text not null,
    user_id text not null,
    role text not null,
    department text,
    created_at bigint not null,
    ended_at bigint,
    primary key (organisation, user_id)
);
create index membership_user on membership (user_id);

create table invitation (
    organisation text not null,
    id text not null,
    email text not null,
    role text not null,
    department text,
    token_hash bytea not null unique,
    created_by text not null,
    created_at bigint not null,
    expires_at bigint not null,
    accepted_at bigint,
    revoked_at bigint,
    primary key (organisation, id)
);

-- id is a hash of what the cookie holds: who reads this table cannot sign in with it.
create table session (
    id text not null primary key,
    user_id text,
    data text not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null
);
create index session_of_user on session (user_id);
create index session_expiry on session (expires_at);

-- Failed sign-ins counted by subject (an address, an email) and window.
create table sign_in_attempt (
    subject text not null,
    window_start bigint not null,
    failures bigint not null,
    primary key (subject, window_start)
);

create table setting (
    key text not null primary key,
    value text not null
);
