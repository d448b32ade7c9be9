-- Rows from before have no value.
alter table asyncjob.work add (
    claimed_at timestamp(6) with time zone,
    history    varchar
);

alter table asyncjob.job add column history varchar;

create table asyncjob.kind (
    kind          varchar                     not null primary key,
    last_asked_at timestamp(6) with time zone not null
);

comment on column asyncjob.work.claimed_at is 'when the newest attempt began; null if that was before this column was';
comment on column asyncjob.work.history is 'the attempts that have ended, a line each, the newest first; null for none';
comment on column asyncjob.job.history is 'the attempts of a job that has ended, as work.history has them; null for none, and while pending';
comment on table asyncjob.kind is 'the kinds that workers have asked for';
comment on column asyncjob.kind.last_asked_at is 'when a worker last asked for the kind, up to ten seconds late';
