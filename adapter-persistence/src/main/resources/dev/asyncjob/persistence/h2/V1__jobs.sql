-- What readers see: one row a job, written when it is scheduled and when an attempt is settled, never in between.
create table asyncjob.job (
    id              uuid                        not null primary key,
    owner           varchar                     not null,
    kind            varchar                     not null,
    status          varchar                     not null check (status in ('PENDING', 'DONE', 'FAILED')),
    link_entities   varchar array               not null,
    link_hrefs      varchar array               not null,
    created_at      timestamp(6) with time zone not null,
    planned_from    timestamp(6) with time zone not null,
    planned_at      timestamp(6) with time zone not null,
    ended_at        timestamp(6) with time zone,
    kept_until      timestamp(6) with time zone,
    failure         varchar,
    fingerprint     varchar                     not null,
    settled_token   bigint,
    settled_outcome varchar,
    constraint job_ended check ((status = 'PENDING') = (ended_at is null) and (ended_at is null) = (kept_until is null)),
    constraint job_failed check ((status = 'FAILED') = (failure is not null)),
    constraint job_links check (cardinality(link_entities) = cardinality(link_hrefs))
);

-- For forgetting only.
create index asyncjob.job_kept_until on asyncjob.job (kept_until);

-- What workers see: only jobs that have not ended, so that claims never get slower with history, and the payload is
-- gone when the job ends.
create table asyncjob.work (
    job_id        uuid                        not null primary key references asyncjob.job,
    kind          varchar                     not null,
    available_at  timestamp(6) with time zone not null,
    attempts_made integer                     not null check (attempts_made >= 0),
    attempts_left integer                     not null check (attempts_left >= 0),
    token         bigint                      not null,
    leased        boolean                     not null,
    worker        varchar,
    payload       varchar                     not null
);

create index asyncjob.work_due on asyncjob.work (kind, available_at, job_id);
create index asyncjob.work_spent on asyncjob.work (attempts_left, available_at);

comment on table asyncjob.job is 'one row a job, as its owner sees it; a row past kept_until may be deleted';
comment on column asyncjob.job.planned_from is 'when the work may begin, and with planned_at the forecast of its end';
comment on column asyncjob.job.link_hrefs is 'beside link_entities; null where a link leads nowhere yet';
comment on column asyncjob.job.settled_token is 'the last settled attempt, to tell a repeated report from another one';
comment on table asyncjob.work is 'pending jobs, as workers see them; the row goes when the job ends';
comment on column asyncjob.work.available_at is 'when the job may be claimed; while it is leased, when the lease ends';
comment on column asyncjob.work.token is 'the newest fencing token given out, 0 before the first';
