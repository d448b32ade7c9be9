package dev.asyncjob.bootstrap;

import dev.asyncjob.http.internal.exchange.ExchangeOffender;
import dev.asyncjob.identity.internal.file.FileOffenders;

/** Planted for {@link ArchitectureBitesTest}. */
final class BootstrapOffenders {
    private BootstrapOffenders() {}

    /** Depends on what is internal to another module. */
    record UsesInternals(ExchangeOffender internal) {}

    /** The same. */
    record UsesFiles(FileOffenders internal) {}
}
