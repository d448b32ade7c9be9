create table if not exists job (id uuid primary key, kind varchar not null, status varchar not null, eta timestamp not null);
