package dev.asyncjob.persistence;

class H2MemoryContractsTest extends DatabaseContracts {
    H2MemoryContractsTest() {
        super(DatabaseSettings.of("jdbc:h2:mem:contracts"));
    }
}
