-- Nothing here rewrites a table. Retries from before are not known as such: a bulk retry takes their jobs once more.
alter table asyncjob.failed_work add column retried boolean not null default false;

comment on column asyncjob.failed_work.retried is 'whether the job got a new one; a bulk retry leaves it out then';
