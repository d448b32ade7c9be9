package dev.asyncjob.identity.internal.file;

import dev.asyncjob.identity.IdentityOffenders;

/** Planted for {@code ArchitectureBitesTest}. */
public final class FileOffenders {
    private FileOffenders() {}

    /** Depends on the package that uses it. */
    public record UsesIdentity(IdentityOffenders other) {}
}
