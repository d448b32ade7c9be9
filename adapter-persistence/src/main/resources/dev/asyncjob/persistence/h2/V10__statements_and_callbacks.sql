-- Rows from before have no value.
alter table asyncjob.job add (
    progress         double precision,
    message          varchar,
    stated_from      timestamp(6) with time zone,
    progress_before  double precision,
    message_before   varchar,
    result           varchar,
    failure_code     varchar,
    callback         boolean
);

comment on column asyncjob.job.progress is 'percent, as a worker stated it last; readers see it from stated_from on';
comment on column asyncjob.job.message is 'text, as a worker stated it last; readers see it from stated_from on';
comment on column asyncjob.job.progress_before is 'what readers see as progress before stated_from';
comment on column asyncjob.job.message_before is 'what readers see as message before stated_from';
comment on column asyncjob.job.result is 'JSON text that the worker gave with its outcome; null for none';
comment on column asyncjob.job.failure_code is 'code of the failure beside its text; null for none';
comment on column asyncjob.job.callback is 'whether the client that scheduled the job is called when it ends; null is false';
