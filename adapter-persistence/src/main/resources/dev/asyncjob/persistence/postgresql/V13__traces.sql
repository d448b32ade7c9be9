-- Nothing here rewrites or reads the table: rows from before have no value.
alter table asyncjob.work add column trace varchar;

comment on column asyncjob.work.trace is 'traceparent and, after a space, tracestate of the request that scheduled the job; null for none';
