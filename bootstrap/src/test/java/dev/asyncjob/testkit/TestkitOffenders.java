package dev.asyncjob.testkit;

import dev.asyncjob.persistence.PersistenceOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class TestkitOffenders {
    private TestkitOffenders() {}

    /** Depends on an adapter. */
    public record UsesPersistence(PersistenceOffenders adapter) {}
}
