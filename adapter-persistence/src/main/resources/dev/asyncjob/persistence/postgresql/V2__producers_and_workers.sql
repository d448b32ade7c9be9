-- Nothing here rewrites the table: rows from before have no value, and what they mean then is said below.
alter table asyncjob.job
    add column promised_at         timestamp(6) with time zone,
    add column idempotency_key     varchar,
    add column idempotency_request varchar,
    add column attempts            integer;

create unique index job_idempotency_key on asyncjob.job (idempotency_key) where idempotency_key is not null;

-- For the operators' list, the newest first: all jobs, those of one owner, and those that need attention.
create index job_created on asyncjob.job (created_at, id);
create index job_by_owner on asyncjob.job (owner, created_at, id);
create index job_attention on asyncjob.job (status, created_at, id) where status <> 'DONE';

alter table asyncjob.work
    add column claim_id varchar,
    add column progress double precision;

create index work_claim on asyncjob.work (claim_id) where claim_id is not null;

comment on column asyncjob.job.promised_at is 'the forecast of the first answer, which repetitions get again; planned_at if null';
comment on column asyncjob.job.idempotency_key is 'digest of the client and its key; known as long as the job';
comment on column asyncjob.job.idempotency_request is 'digest of what was asked under the key';
comment on column asyncjob.job.attempts is 'attempts made when it ended; null while pending, and of jobs that ended before this column was';
comment on column asyncjob.work.claim_id is 'digest of the client and its name for the claim that gave the newest lease';
comment on column asyncjob.work.progress is 'percent, as the worker said at a renewal of the newest lease';
