package dev.asyncjob.domain;

import dev.asyncjob.application.ApplicationOffenders;
import java.io.File;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Calendar;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/** Planted for {@code ArchitectureBitesTest}: a domain that does what a domain must not do. */
public final class DomainOffenders {
    private DomainOffenders() {}

    /** Depends on files. */
    public record ReadsFiles(File file) {}

    /** Reads clocks, also where no call shows it. */
    public static final class ReadsClocks {
        private final Instant now = Instant.now();
        private final Clock clock = Clock.systemUTC();
        private final long millis = System.currentTimeMillis();
        private final LongSupplier later = System::currentTimeMillis;
        private final InstantSource source = InstantSource.system();
        private final Calendar calendar = Calendar.getInstance();

        @Override
        public String toString() {
            return now + " " + clock + " " + millis + " " + later + " " + source + " " + calendar;
        }
    }

    /** Uses randomness. */
    public record UsesRandomness(UUID id) {
        /** Some id. */
        public UsesRandomness() {
            this(UUID.randomUUID());
        }
    }

    /** Has a field that is not final. */
    public static final class Changes {
        private int count;

        /** Changes. */
        public int next() {
            return count++;
        }
    }

    /** Uses threads and reflection. */
    public static final class UsesThreads {
        private final Thread thread = new Thread(() -> {});
        private final AtomicInteger count = new AtomicInteger();
        private final long nanos = System.nanoTime();
        private final ThreadLocal<String> local = new ThreadLocal<>();

        /** Notifies, and looks up a class. */
        public synchronized Class<?> type() throws ClassNotFoundException {
            notifyAll();
            return Class.forName(thread + " " + count + " " + nanos + " " + local);
        }
    }

    /** Depends on a class that depends on it. */
    public record Circular(ApplicationOffenders.Circular other) {}
}
