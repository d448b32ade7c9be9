-- Nothing here rewrites a table. The index is small, being of the jobs that workers have at the moment, but to make it all
-- of work is read, and nobody writes to work meanwhile.
alter table asyncjob.kind
    alter column last_asked_at drop not null,
    add column paused_since  timestamp(6) with time zone,
    add column paused_by     varchar,
    add column pause_reason  varchar,
    add column running_limit integer,
    add constraint kind_paused check ((paused_since is null) = (paused_by is null));

create index work_leased on asyncjob.work (kind, available_at) where leased;

create table asyncjob.audit (
    id         uuid                        not null primary key,
    begun_at   timestamp(6) with time zone not null,
    client     varchar                     not null,
    request_id varchar                     not null,
    action     varchar                     not null,
    subject    varchar                     not null,
    detail     varchar,
    changed    bigint                      not null
);

create index audit_begun_at on asyncjob.audit (begun_at, id);

comment on table asyncjob.kind is 'the kinds that workers have asked for, and what operators have set for kinds';
comment on column asyncjob.kind.last_asked_at is 'when a worker last asked for the kind, up to ten seconds late; null if none has';
comment on column asyncjob.kind.paused_since is 'since when no claim takes a job of the kind; null if claims do';
comment on column asyncjob.kind.paused_by is 'the operator who paused it';
comment on column asyncjob.kind.pause_reason is 'why; null for no reason';
comment on column asyncjob.kind.running_limit is 'how many jobs of the kind claims lease at the same time; null for any number';
comment on table asyncjob.audit is 'the interventions of operators, a row each';
comment on column asyncjob.audit.client is 'the client, or client and user, that intervened';
comment on column asyncjob.audit.subject is 'the kind, the id of the job, or the owner of the jobs';
comment on column asyncjob.audit.detail is 'the reason of a pause, or the number of a limit; null for none';
comment on column asyncjob.audit.changed is 'how many kinds or jobs were changed';
