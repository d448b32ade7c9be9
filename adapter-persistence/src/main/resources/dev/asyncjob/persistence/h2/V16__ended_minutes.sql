create table asyncjob.ended_minute (
    begun_at timestamp(6) with time zone not null,
    kind     varchar                     not null,
    ended    bigint                      not null,
    failed   bigint                      not null,
    promised bigint                      not null,
    kept     bigint                      not null,
    primary key (begun_at, kind)
);

comment on table asyncjob.ended_minute is 'how many jobs of a kind ended in a minute, of all nodes together; rows older than an hour are deleted';
comment on column asyncjob.ended_minute.begun_at is 'when the minute began';
comment on column asyncjob.ended_minute.ended is 'jobs that ended, cancelled ones too';
comment on column asyncjob.ended_minute.failed is 'those that failed; not those that were cancelled';
comment on column asyncjob.ended_minute.promised is 'those that were not cancelled';
comment on column asyncjob.ended_minute.kept is 'those of the promised that ended by their first eta';
