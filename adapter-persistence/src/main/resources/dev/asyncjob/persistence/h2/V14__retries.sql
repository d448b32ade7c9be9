-- Rows from before have no value.
alter table asyncjob.job add (
    retry_of uuid,
    called   varchar
);

create table asyncjob.failed_work (
    job_id       uuid                        not null primary key references asyncjob.job on delete cascade,
    kept_until   timestamp(6) with time zone not null,
    max_attempts integer                     not null,
    payload      varchar                     not null
);

create index asyncjob.failed_work_kept_until on asyncjob.failed_work (kept_until);

comment on column asyncjob.job.retry_of is 'the job that failed, in whose place an operator made this one; null for none, and it may be forgotten';
comment on column asyncjob.job.called is 'of a retry, the client that is called when the job ends, if any is; null for the one of scheduled_by';
comment on table asyncjob.failed_work is 'what a new job needs of one that failed, a row each, only while work.failed-payload says so; a row goes with its job';
comment on column asyncjob.failed_work.kept_until is 'a row past it is not used, and may be deleted';
comment on column asyncjob.failed_work.max_attempts is 'the attempts that the job was allowed';
