-- Rows from before have no value in the new columns, and what they mean then is said below.
alter table asyncjob.job add (
    promised_at         timestamp(6) with time zone,
    idempotency_key     varchar,
    idempotency_request varchar,
    attempts            integer
);

create unique index asyncjob.job_idempotency_key on asyncjob.job (idempotency_key);

-- For the operators' list, in its order: all jobs, those of one owner, and those of one status.
create index asyncjob.job_created on asyncjob.job (created_at desc, id desc);
create index asyncjob.job_by_owner on asyncjob.job (owner, created_at desc, id desc);
create index asyncjob.job_by_status on asyncjob.job (status, created_at desc, id desc);

alter table asyncjob.work add (
    claim_id varchar,
    progress double precision
);

create index asyncjob.work_claim on asyncjob.work (claim_id);

comment on column asyncjob.job.promised_at is 'the forecast of the first answer, which repetitions get again; planned_at if null';
comment on column asyncjob.job.idempotency_key is 'digest of the client and its key; known as long as the job';
comment on column asyncjob.job.idempotency_request is 'digest of what was asked under the key';
comment on column asyncjob.job.attempts is 'attempts made when it ended; null while pending, and of jobs that ended before this column was';
comment on column asyncjob.work.claim_id is 'digest of the client and its name for the claim that gave the newest lease';
comment on column asyncjob.work.progress is 'percent, as the worker said at a renewal of the newest lease';
