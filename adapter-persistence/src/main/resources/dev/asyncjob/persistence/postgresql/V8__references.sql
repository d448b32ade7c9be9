-- Nothing here rewrites or reads the table: rows from before have no value. The indexes are a version of their own, since
-- this one keeps readers out until it is committed.
alter table asyncjob.job add column reference varchar;

comment on column asyncjob.job.reference is 'the producer''s own name for the job; null for none';
