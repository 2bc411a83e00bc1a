-- Catalogues that staff handed in and nobody has applied yet. digest: of the text, so that the same text is
-- one draft however often it is sent. applied_as: the version that it became.
create table catalogue_draft (
    digest text not null primary key,
    body text not null,
    made_by text not null,
    made_at bigint not null,
    applied_as bigint
);
