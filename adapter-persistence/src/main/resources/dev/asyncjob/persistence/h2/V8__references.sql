-- Rows from before have no value.
alter table asyncjob.job add column reference varchar;

comment on column asyncjob.job.reference is 'the producer''s own name for the job; null for none';
