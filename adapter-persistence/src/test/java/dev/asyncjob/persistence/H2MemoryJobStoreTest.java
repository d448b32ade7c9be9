package dev.asyncjob.persistence;

final class H2MemoryJobStoreTest extends DatabaseContract {
    H2MemoryJobStoreTest() {
        super("jdbc:h2:mem:contract");
    }
}
