-- As on PostgreSQL; the name is one that H2 made.
execute immediate 'alter table asyncjob.work drop constraint asyncjob."' || (
    select constraint_name from information_schema.table_constraints
    where table_schema = 'ASYNCJOB' and table_name = 'WORK' and constraint_type = 'FOREIGN KEY') || '"';
