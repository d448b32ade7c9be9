-- For the lists by reference, of all owners and of one; one index, since H2 keeps jobs without a reference in it as well.
create index asyncjob.job_by_reference on asyncjob.job (reference, owner, created_at desc, id desc);
