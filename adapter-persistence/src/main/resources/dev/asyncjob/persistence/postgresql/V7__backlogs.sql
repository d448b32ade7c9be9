-- Nothing here rewrites the table: payloads of jobs from before do not count towards the quota of their client.
alter table asyncjob.job add column payload_bytes integer;

-- In this table and not in the one of work, where each claim would write to it. The client that scheduled the job, without
-- the user for whom it acts.
create index job_backlog on asyncjob.job (substring(coalesce(scheduled_by, owner) from '^.[^/]*'))
    where status = 'PENDING';

comment on column asyncjob.job.payload_bytes is 'the length of the payload as UTF-8; null of jobs from before this column was';
