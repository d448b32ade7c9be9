-- Nothing here rewrites the table: rows from before have no value.
alter table asyncjob.job add column reference varchar;

-- For the lists by reference, of one owner and of all. Jobs without one are not in them, so that they cost these nothing,
-- and the indexes of rows from before are made by one look at each row.
create index job_by_reference on asyncjob.job (reference, created_at, id) where reference is not null;
create index job_by_owner_reference on asyncjob.job (owner, reference, created_at, id) where reference is not null;

-- For an owner's list of those that need attention, which must not read all that are done, and to count the pending.
create index job_owner_attention on asyncjob.job (owner, status, created_at, id) where status <> 'DONE';

comment on column asyncjob.job.reference is 'the producer''s own name for the job; null for none';
