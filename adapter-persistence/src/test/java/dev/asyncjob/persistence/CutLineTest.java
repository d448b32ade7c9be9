package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimId;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A node whose line to the database is cut without a packet, or too slow. */
@Timeout(60)
final class CutLineTest {
    private static final int POOL = 20;
    private static final String CHECK_AFTER = "com.zaxxer.hikari.aliveBypassWindowMs";

    /** The lease, and the second within which an expired lease can be claimed. */
    private static final Duration LEASE = Duration.ofSeconds(1);

    private static final Duration CLAIMABLE = LEASE.plusSeconds(1);

    private final String url = PostgresServer.shared().newDatabase();

    @AutoClose
    private final CuttableLine line = new CuttableLine(PostgresServer.shared().port());

    @AutoClose
    private final JobDatabase other =
            JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY);

    private final JobDatabase cut = openThroughLine();

    private final JobStore store = cut.store();

    @AutoClose("shutdownNow")
    private final ExecutorService callers = Executors.newCachedThreadPool();

    /** Opens a pool that checks every connection, not only those that were idle for half a second. */
    private JobDatabase openThroughLine() {
        System.setProperty(CHECK_AFTER, "-1");
        try {
            return JobDatabase.open(
                    DatabaseSettings.defaults()
                            .withUrl(url.replace(":" + PostgresServer.shared().port(), ":" + line.port()))
                            .withPoolSize(POOL),
                    JobStoreContract.POLICY);
        } finally {
            System.clearProperty(CHECK_AFTER);
        }
    }

    /** Waits until no connection is being made: one that is cut then takes its whole time for a login. */
    @BeforeEach
    void awaitFullPool() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url);
                PreparedStatement ready = connection.prepareStatement(
                        "select count(*) from pg_stat_activity where client_port = any(?) and state = 'idle' and query <> ''")) {
            int count = 0;
            while (count < POOL) {
                ready.setArray(1, connection.createArrayOf("int4", line.ports().toArray()));
                try (ResultSet counted = ready.executeQuery()) {
                    counted.next();
                    count = counted.getInt(1);
                }
            }
        }
    }

    @AfterEach
    void close() {
        line.close();
        cut.close();
    }

    private static Claim claim(String id) {
        return new Claim(Jobs.WORKER, Set.of(KIND), 1, LEASE, ClaimId.of(OWNER, id));
    }

    /** Claims on the other node until it gets the job, and returns how long that took. */
    private Duration untilClaimedElsewhere() {
        long start = System.nanoTime();
        while (other.store().claim(claim("elsewhere")).isEmpty()) {
            Thread.onSpinWait();
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    /** Cuts the line of a call as soon as the server has its first statement that contains a text. */
    private void assertHoldsNoJob(String text, Callable<?> call) throws Exception {
        line.cutAfter(text);
        Future<?> unknown = callers.submit(call);
        line.awaitCut();
        assertThat(untilClaimedElsewhere()).isLessThan(CLAIMABLE);
        assertThat(unknown).isNotDone();
    }

    private ClaimedJob claimed() {
        Jobs.accepted(store.schedule(newJob(), EXPECTED));
        return store.claim(claim("first")).get(0);
    }

    @Test
    void an_outcome_that_is_cut_after_the_read_holds_no_job() throws Exception {
        ClaimedJob job = claimed();
        assertHoldsNoJob("left join asyncjob.work", () -> Jobs.settle(store, job, Jobs.DONE));
    }

    @Test
    void a_claim_that_is_cut_in_its_transaction_holds_no_job() throws Exception {
        Jobs.accepted(store.schedule(newJob(), EXPECTED));
        assertHoldsNoJob("update asyncjob.work", () -> store.claim(claim("first")));
    }

    @Test
    @Tag("soak")
    void silently_dead_connections_are_all_found_by_the_first_check() throws Exception {
        NewJob job = newJob();
        Jobs.accepted(store.schedule(job, EXPECTED));
        Callable<Boolean> read = () -> store.find(OWNER, job.id()).isPresent();
        List<Future<Boolean>> together = new ArrayList<>(callers.invokeAll(Collections.nCopies(4 * POOL, read)));
        for (Future<Boolean> one : together) {
            assertThat(one.get()).isTrue();
        }
        line.cutOpenOnes();

        boolean found = false;
        for (int i = 0; i < 2 && !found; i++) {
            found = readsOrIsBusy(read);
        }
        assertThat(found || read.call()).isTrue();
    }

    /** On a busy machine the new connection may come too late for two reads; a check of each one takes longer. */
    private static boolean readsOrIsBusy(Callable<Boolean> read) throws Exception {
        try {
            return read.call();
        } catch (StoreUnavailable e) {
            return false;
        }
    }

    @Test
    void a_read_on_a_connection_that_dies_is_repeated_on_another() {
        NewJob job = newJob();
        Jobs.accepted(store.schedule(job, EXPECTED));
        line.cutAfter("from asyncjob.job");

        assertThat(store.find(OWNER, job.id())).isPresent();
    }

    @Test
    @Tag("soak")
    void a_call_whose_answer_trickles_in_ends_at_its_deadline() {
        Jobs.accepted(store.schedule(newJob(), EXPECTED));
        line.trickleAfter("from asyncjob.job");

        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(() -> store.list(JobFilter.ANY));
    }
}
