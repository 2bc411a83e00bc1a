-- Usage by day, for the analytics: sums of the journal that a job makes behind it, and that can be thrown
-- away and made again at any time. day is 'YYYY-MM-DD' in the zone that the ledger's head names; '' stands
-- for "not attributed". The rows that sum over all reports have '*' for a report: few, however many reports
-- there are.

create table usage_day (
    organisation text not null,
    day text not null,
    operation text not null,
    department text not null,
    member text not null,
    api_key text not null,
    report text not null,
    credits bigint not null,
    transactions bigint not null,
    primary key (organisation, day, operation, department, member, api_key, report)
) with (fillfactor = 70);
create index usage_day_all on usage_day (organisation, day) where report = '*';

-- Up to which place of its journal an organisation's days are summed.
create table usage_day_place (
    organisation text not null primary key,
    sequence bigint not null
);
