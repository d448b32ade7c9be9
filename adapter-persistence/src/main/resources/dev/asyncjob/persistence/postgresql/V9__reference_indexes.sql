-- For the lists by reference, of all owners and of one. Jobs without a reference are in neither, so that they cost nothing.
create index job_by_reference on asyncjob.job (reference, created_at, id) where reference is not null;
create index job_by_owner_reference on asyncjob.job (owner, reference, created_at, id) where reference is not null;

-- For an owner's list of those that need attention, which must not read all that are done, and to count the pending.
create index job_owner_attention on asyncjob.job (owner, status, created_at, id) where status <> 'DONE';
