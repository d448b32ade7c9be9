-- Nothing here rewrites the table: rows from before have no scheduler.
alter table asyncjob.job add column scheduled_by varchar;

-- In a table of its own, so that a copy of the jobs can leave it out.
create table asyncjob.fingerprint_key (
    only_row boolean not null primary key check (only_row),
    secret   varchar not null
);

insert into asyncjob.fingerprint_key (only_row, secret)
values (true, rawtohex(secure_rand(32)));

comment on column asyncjob.job.scheduled_by is 'the client, or client and user, that scheduled it; null for the service itself, and of jobs from before this column was';
comment on column asyncjob.job.fingerprint is 'of the content and its scheduler: h. and an HMAC with the fingerprint key; 64 hexadecimal digits without key in rows from before';
comment on table asyncjob.fingerprint_key is 'one random key, the same for all nodes; without it guesses cannot be compared with the fingerprints of jobs';
