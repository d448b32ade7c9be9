-- Rows from before have no value: they could begin when they were created, as far as anybody remembers.
alter table asyncjob.job add column due_at timestamp(6) with time zone;

-- What recent jobs of a kind took, for the forecast of the next; and the operators' list of one kind.
create index job_took on asyncjob.job (kind, ended_at desc) where ended_at is not null;
create index job_by_kind on asyncjob.job (kind, created_at, id);

comment on column asyncjob.job.due_at is 'when its first attempt could begin; created_at if null';
