package dev.asyncjob.application;

import dev.asyncjob.domain.DomainOffenders;
import dev.asyncjob.http.HttpOffenders;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Planted for {@code ArchitectureBitesTest}: an application that does what it must not do. */
public final class ApplicationOffenders {
    private ApplicationOffenders() {}

    /** Depends on an adapter. */
    public record UsesHttp(HttpOffenders adapter) {}

    /** Has one method more than a port may have. */
    public interface SevenMethods {
        /** One. */
        void one();

        /** Two. */
        void two();

        /** Three. */
        void three();

        /** Four. */
        void four();

        /** Five. */
        void five();

        /** Six. */
        void six();

        /** Seven. */
        void seven();
    }

    /** Keeps state beside the store. */
    public static final class KeepsState {
        static final List<String> NAMES = new ArrayList<>();
        static final AtomicInteger COUNT = new AtomicInteger();
        static final int[] NUMBERS = {1};
        static @Nullable String last;

        private KeepsState() {}
    }

    /** Has time, threads and waits of its own. */
    public static final class HasThreads {
        private HasThreads() {}

        static long now() {
            return System.nanoTime();
        }

        static void starts(Runnable task) {
            new Thread(task).start();
            Executors.newCachedThreadPool().execute(task);
            CompletableFuture.runAsync(task).join();
        }

        static void waits(CountDownLatch latch) throws InterruptedException {
            latch.await();
            Thread.sleep(1);
            TimeUnit.SECONDS.sleep(1);
            LockSupport.park();
        }
    }

    /** Depends on a class that depends on it. */
    public record Circular(DomainOffenders.@Nullable Circular other) {}
}
