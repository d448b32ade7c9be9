package dev.asyncjob.persistence;

final class PostgresJobStoreTest extends DatabaseContract {
    PostgresJobStoreTest() {
        super(PostgresServer.shared().newDatabase());
    }
}
