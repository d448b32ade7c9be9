-- What readers see: one row a job, written when it is accepted and when an attempt is settled.
create table asyncjob.job (
  id              uuid not null primary key,
  owner           varchar(128) not null,
  kind            varchar(64) not null,
  status          varchar(7) not null check (status in ('PENDING', 'DONE', 'FAILED')),
  link_entities   varchar array not null,
  link_hrefs      varchar array not null,
  created_at      timestamp(6) with time zone not null,
  due_at          timestamp(6) with time zone not null,
  planned_at      timestamp(6) with time zone not null,
  ended_at        timestamp(6) with time zone,
  kept_until      timestamp(6) with time zone,
  failure         varchar(1024),
  fingerprint     varchar(64) not null,
  settled_token   bigint,
  settled_outcome varchar(64)
);

create index job_kept_until on asyncjob.job (kept_until);

-- What workers see: rows of pending jobs only, so that claims cost the same whatever the history. The payload goes
-- with the row when the job ends. Exactly one of the two instants says when the row is up next: available_at, when it
-- may be claimed (again), or final_until, when the lease of the last allowed attempt runs out.
create table asyncjob.work (
  job_id        uuid not null primary key,
  kind          varchar(64) not null,
  available_at  timestamp(6) with time zone,
  final_until   timestamp(6) with time zone,
  leased        boolean not null,
  worker        varchar(128),
  token         bigint not null,
  attempts_made int not null,
  attempts_max  int not null,
  payload       varchar
);

create index work_available on asyncjob.work (kind, available_at, job_id);
create index work_final on asyncjob.work (final_until);
