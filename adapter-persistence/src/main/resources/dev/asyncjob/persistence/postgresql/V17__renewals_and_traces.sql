-- Nothing here rewrites or reads a table: rows from before have no value.
alter table asyncjob.work add column renewed_at timestamp(6) with time zone;
alter table asyncjob.job add column trace varchar;

comment on column asyncjob.work.renewed_at is 'when a lease was last renewed; null if none was, and of an earlier lease if before claimed_at';
comment on column asyncjob.job.trace is 'the traceparent of the request that scheduled the job; work.trace goes when the job ends';
