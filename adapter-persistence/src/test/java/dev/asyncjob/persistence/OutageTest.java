package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** An outage of the database: calls end in time meanwhile, and succeed soon after its return. */
@TestInstance(Lifecycle.PER_CLASS)
final class OutageTest {
    private static final Duration IN_TIME = Duration.ofSeconds(3);
    private static final Duration SOON = Duration.ofSeconds(2);
    private static final int POOL = 3;
    private static final int CALLERS = 12;

    @AutoClose
    private final PostgresServer server = PostgresServer.start();

    @AutoClose("shutdownNow")
    private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);

    @AutoClose
    private final JobDatabase database = JobDatabase.open(
            DatabaseSettings.defaults().withUrl(server.newDatabase()).withPoolSize(POOL), JobStoreContract.POLICY);

    private final JobStore store = database.store();

    private record Call(boolean unavailable, Duration took) {}

    @BeforeAll
    void warmUp() {
        assertThat(callAtOnce()).noneMatch(Call::unavailable);
    }

    @Test
    void with_a_suspended_server_calls_fail_in_time_and_succeed_soon_after() {
        server.suspend();
        List<Call> calls = new ArrayList<>();
        try {
            calls.addAll(callAtOnce());
            calls.addAll(callAtOnce());
        } finally {
            server.resume();
        }

        assertThat(calls)
                .allMatch(Call::unavailable)
                .allSatisfy(call -> assertThat(call.took()).isLessThan(IN_TIME));
        report("suspended", calls, timeUntilBack());
    }

    @Test
    @Tag("soak")
    void with_a_killed_server_calls_fail_in_time_and_succeed_soon_after_its_restart() {
        server.kill();
        List<Call> calls = new ArrayList<>();
        long start = System.nanoTime();
        while (System.nanoTime() - start < Duration.ofSeconds(11).toNanos()) {
            calls.addAll(callAtOnce());
        }
        server.restart();

        assertThat(calls)
                .allMatch(Call::unavailable)
                .allSatisfy(call -> assertThat(call.took()).isLessThan(IN_TIME));
        report("killed", calls, timeUntilBack());
    }

    /** Returns the time from now until a call succeeds, which must be soon. */
    private Duration timeUntilBack() {
        long start = System.nanoTime();
        while (call().unavailable()) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON.multipliedBy(5));
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        assertThat(took).isLessThan(SOON);
        return took;
    }

    private static void report(String what, List<Call> calls, Duration back) {
        Duration longest =
                calls.stream().map(Call::took).max(Duration::compareTo).orElseThrow();
        System.out.printf(
                "OutageTest: %s server, longest of %d calls %d ms, back after %d ms%n",
                what, calls.size(), longest.toMillis(), back.toMillis());
    }

    private List<Call> callAtOnce() {
        try {
            List<Call> calls = new ArrayList<>();
            for (Future<Call> call : callers.invokeAll(Collections.nCopies(CALLERS, (Callable<Call>) this::call))) {
                calls.add(call.get(30, TimeUnit.SECONDS));
            }
            return calls;
        } catch (Exception e) {
            throw new AssertionError("a call neither succeeded nor failed as unavailable", e);
        }
    }

    private Call call() {
        long start = System.nanoTime();
        boolean unavailable = false;
        try {
            store.schedule(Jobs.newJob(), Jobs.EXPECTED);
        } catch (StoreUnavailable e) {
            unavailable = true;
        }
        return new Call(unavailable, Duration.ofNanos(System.nanoTime() - start));
    }
}
