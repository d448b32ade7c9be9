-- Rows from before have no value, which is taken as false.
alter table asyncjob.work
    add column lost  boolean,
    add column ahead boolean;

comment on column asyncjob.work.lost is 'whether the attempt before the newest claim ended with its lease; its worker may have died of the job';
comment on column asyncjob.work.ahead is 'whether the job waits for a thread of its worker, as far as the newest claim knew';
