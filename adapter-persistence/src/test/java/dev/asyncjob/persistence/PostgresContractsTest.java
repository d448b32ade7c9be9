package dev.asyncjob.persistence;

class PostgresContractsTest extends DatabaseContracts {
    PostgresContractsTest() {
        super(Postgres.emptyDatabase());
    }
}
