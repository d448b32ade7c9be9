-- Rows from before have no value: until they end they do not count towards the quota of their client.
alter table asyncjob.work add (
    client        varchar,
    payload_bytes integer
);

create index asyncjob.work_backlog on asyncjob.work (client, payload_bytes);

comment on column asyncjob.work.client is 'the client that scheduled the job, without the user for whom it acts';
comment on column asyncjob.work.payload_bytes is 'the length of the payload as UTF-8';
