package dev.asyncjob.application;

import dev.asyncjob.application.access.Access;
import dev.asyncjob.domain.DomainOffenders;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Planted for {@code ArchitectureBitesTest}: an application that does what it must not do. */
public final class ApplicationOffenders {
    private ApplicationOffenders() {}

    /** Depends on an adapter. */
    public record KnowsHttp(Access access) {}

    /** Is a port of two methods. */
    public interface TwoQuestions {
        /** One. */
        void one();

        /** Two. */
        void two();
    }

    /** Keeps state beside the store. */
    public static final class Remembers {
        static final List<String> NAMES = new ArrayList<>();
        static final AtomicInteger COUNT = new AtomicInteger();
        static final int[] NUMBERS = {1};
        static @Nullable String last;

        private Remembers() {}
    }

    /** Knows somebody who knows it. */
    public record Circular(DomainOffenders.@Nullable Circular other) {}
}
