-- The ledger at certain places of its journal, so that a state of the past is read without replaying
-- everything before it. Rebuilt from the journal at any time; state is the ledger's parts as JSON, spent
-- all that was ever charged by then.

create table ledger_checkpoint (
    organisation text not null,
    sequence integer not null,
    spent integer not null,
    state text not null,
    primary key (organisation, sequence)
) strict;

-- The rows of usage_rollup that sum over all reports have '*' for a report: few, however many reports
-- there are.
create index usage_rollup_all on usage_rollup (organisation, month) where report = '*';
