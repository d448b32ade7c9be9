package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claim;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.scheduledAndClaimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.testkit.JobSignalsContract;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/** The signals that a node receives of changes on another. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class NotificationListenerTest implements JobSignalsContract {
    private static final String LISTENERS =
            "select pid from pg_stat_activity where query in ('listen asyncjob', 'select pg_is_in_recovery()') and datname = current_database()";

    private static final String BACKENDS = "select pid from pg_stat_activity where datname = current_database()";

    @AutoClose
    private final TestDatabase database =
            TestDatabase.at(PostgresServer.shared().newDatabase());

    @AutoClose
    private final JobDatabase otherNode = database.openAgain();

    private final CuttableLine line = new CuttableLine(PostgresServer.shared().port());

    private final JobDatabase behindLine = JobDatabase.open(
            DatabaseSettings.defaults()
                    .withUrl(
                            database.url().replace(":" + PostgresServer.shared().port(), ":" + line.port())),
            JobStoreContract.POLICY);

    @BeforeAll
    void cut() {
        line.cutOpenOnes();
    }

    @AfterAll
    void closeLine() {
        line.close();
        behindLine.close();
    }

    @BeforeEach
    void clear() {
        database.clear();
    }

    @Override
    public JobStore store() {
        return database.jobs().store();
    }

    @Override
    public void timePasses(Duration duration) {
        database.timePasses(duration);
    }

    @Override
    public JobSignals signals() {
        return otherNode.signals();
    }

    /** All signals on a node, as text. */
    private static BlockingQueue<String> receivedOn(JobDatabase node) {
        return receivedOn(node, word -> true);
    }

    /** The signals with these texts only: those of earlier tests may still arrive. */
    private static BlockingQueue<String> receivedOn(JobDatabase node, Set<String> words) {
        return receivedOn(node, words::contains);
    }

    private static BlockingQueue<String> receivedOn(JobDatabase node, Predicate<String> isOfInterest) {
        BlockingQueue<String> received = new LinkedBlockingQueue<>();
        node.signals().subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                record(kind.value());
            }

            @Override
            public void jobChanged(JobId id) {
                record(id.toString());
            }

            private void record(String word) {
                if (isOfInterest.test(word)) {
                    received.add(word);
                }
            }
        });
        return received;
    }

    /** The text of this job's end, which arrives after all earlier signals. */
    private void finish(ClaimedJob job) {
        settle(store(), job, Jobs.DONE);
    }

    /** Waits until a node receives signals of another: an earlier test may have ended its connection. */
    private static void awaitListening(JobDatabase from, JobDatabase to) throws InterruptedException {
        JobKind kind = new JobKind("received.probe");
        BlockingQueue<String> received = receivedOn(to, Set.of(kind.value()));
        do { // notifications without a listener are lost
            accepted(from.store().schedule(newJob(kind), EXPECTED));
        } while (received.poll(200, MILLISECONDS) == null);
    }

    @Test
    void each_node_receives_one_signal_of_a_change() throws Exception {
        NewJob first = newJob(new JobKind("received.once"));
        NewJob second = newJob(new JobKind("received.there"));
        Set<String> words = Set.of(
                first.kind().value(), first.id().toString(), second.kind().value());
        BlockingQueue<String> here = receivedOn(database.jobs(), words);
        BlockingQueue<String> there = receivedOn(otherNode, words);
        awaitListening(database.jobs(), otherNode);
        awaitListening(otherNode, database.jobs());

        accepted(store().schedule(first, EXPECTED));
        finish(store().claim(claim(1, first.kind())).get(0));
        for (BlockingQueue<String> received : Arrays.asList(here, there)) {
            assertThat(received.poll(30, SECONDS)).isEqualTo(first.kind().value());
            assertThat(received.poll(30, SECONDS)).isEqualTo(first.id().toString());
        }
        accepted(otherNode.store().schedule(second, EXPECTED)); // its own node gets this signal sooner than others

        for (BlockingQueue<String> received : Arrays.asList(here, there)) {
            assertThat(received.poll(30, SECONDS)).isEqualTo(second.kind().value());
            assertThat(received).isEmpty();
        }
    }

    @Test
    void a_callers_transaction_signals_all_nodes_at_its_commit_and_none_at_a_rollback() throws Exception {
        JobKind never = new JobKind("never.sent");
        JobKind kind = new JobKind("sent.late");
        assertAreSignalledAtTheCommit(
                List.of(never.value()),
                within -> accepted(within.schedule(newJob(never), EXPECTED)),
                List.of(kind.value()),
                within -> accepted(within.schedule(newJob(kind), EXPECTED)));
    }

    @Test
    void a_callers_transaction_signals_what_it_released_settled_cancelled_and_renewed() throws Exception {
        ClaimedJob released = claimedOf(new JobKind("released.late"));
        ClaimedJob retried = claimedOf(new JobKind("retried.late"));
        ClaimedJob done = claimedOf(new JobKind("done.late"));
        ClaimedJob cancelled = claimedOf(new JobKind("cancelled.late"));
        ClaimedJob renewed = claimedOf(new JobKind("renewed.late"));
        Instant end = store().now().plusSeconds(3600);
        JobKind batch = new JobKind("scheduled.late");
        NewJob asking = newJob(new JobKind("asking.late")).withCallback();
        accepted(store().schedule(asking, EXPECTED));
        assertAreSignalledAtTheCommit(
                List.of(),
                within -> {},
                List.of(
                        released.job().kind().value(),
                        retried.job().id().toString(),
                        retried.job().kind().value(),
                        done.job().id().toString(),
                        cancelled.job().id().toString(),
                        renewed.job().id().toString(),
                        batch.value(),
                        Callback.KIND.value()),
                within -> {
                    assertThat(within.release(
                                    released.job().id(), released.lease().token()))
                            .isTrue();
                    accepted(settle(within, retried, Outcome.retry(new Failure("later"))));
                    within.settleBatch(List.of(
                            new OutcomeReport(done.job().id(), done.lease().token(), Jobs.DONE)));
                    accepted(within.cancel(null, cancelled.job().id()));
                    accepted(within.cancel(null, asking.id()));
                    Jobs.renewed(within.renew(
                            renewed.job().id(), renewed.lease().token(), new LeaseExtension(Jobs.LEASE, end, null)));
                    within.scheduleBatch(List.of(new ScheduleCommand(newJob(batch), EXPECTED)));
                });
    }

    private ClaimedJob claimedOf(JobKind kind) {
        accepted(store().schedule(newJob(kind), EXPECTED));
        return store().claim(claim(1, kind)).get(0);
    }

    /** Makes changes in two transactions, one that is rolled back and one that is committed. */
    private void assertAreSignalledAtTheCommit(
            List<String> never, Consumer<JobStore> undone, List<String> words, Consumer<JobStore> changes)
            throws Exception {
        awaitListening(database.jobs(), otherNode); // then earlier signals have arrived
        awaitListening(otherNode, database.jobs());
        Set<String> all = Stream.concat(never.stream(), words.stream()).collect(Collectors.toSet());
        BlockingQueue<String> here = receivedOn(database.jobs(), all);
        BlockingQueue<String> there = receivedOn(otherNode, all);
        try (Connection connection = DriverManager.getConnection(database.jobs().url(), "postgres", "")) {
            connection.setAutoCommit(false);
            undone.accept(database.jobs().within(connection));
            connection.rollback();
            changes.accept(database.jobs().within(connection));
            assertThat(here).isEmpty();
            assertThat(there).isEmpty();
            connection.commit();
        }

        for (BlockingQueue<String> received : Arrays.asList(here, there)) {
            Set<String> arrived = new HashSet<>();
            while (arrived.size() < words.size()) {
                String word = received.poll(30, SECONDS);
                assertThat(word).as("next to %s", arrived).isIn(words);
                arrived.add(word);
            }
        }
    }

    /** The last test, since the cut is noticed only after seconds, in which the others run. */
    @Test
    @Timeout(60)
    @Order(Integer.MAX_VALUE)
    void a_connection_that_was_cut_without_a_packet_is_replaced() throws Exception {
        awaitListening(database.jobs(), behindLine);
    }

    @Test
    void a_notification_that_cannot_be_read_is_ignored() throws Exception {
        NewJob job = newJob();
        BlockingQueue<String> there = receivedOn(otherNode, Set.of(job.id().toString()));
        List<String> before = database.query(LISTENERS);
        List<String> messages =
                new ArrayList<>(List.of("", "x", "abcdefgh:c:", "abcdefgh:c:not-a-uuid", "abcdefgh:c:1-2-3-4-5"));
        messages.addAll(
                List.of("abcdefgh:w:No Kind!", "abcdefgh:w:" + "k".repeat(7000), "abcdefgh:x:?", "abcdefgh:w:a\nb"));
        messages.add("abcdefgh:c:" + job.id());

        database.query("select pg_notify('asyncjob', messages) from unnest(array['" + String.join("','", messages)
                + "']) messages");

        assertThat(there.poll(30, SECONDS)).isEqualTo(job.id().toString());
        assertThat(database.query(BACKENDS)).containsAll(before);
    }

    @Test
    void an_error_in_a_listener_does_not_end_listening() throws Exception {
        BlockingQueue<JobId> received = new LinkedBlockingQueue<>();
        JobSignals.Listener erring = new JobSignals.Listener() {
            @Override
            public void jobChanged(JobId id) {
                received.add(id);
                throw new StackOverflowError("on purpose");
            }
        };
        Connections connections = Connections.of(DatabaseSettings.defaults().withUrl(database.url()));
        DriverDataSource source = connections.admin(Duration.ZERO);
        NotificationListener signals = NotificationListener.listen(
                source, source::close, Notifications.ofNewNode(connections.dialect()), erring);
        try {
            for (int i = 0; i < 2; i++) {
                JobId id = newId();
                JobId last = null;
                while (!id.equals(last)) { // notifications without a listener are lost
                    database.query("select pg_notify('asyncjob', 'abcdefgh:c:" + id + "')");
                    last = received.poll(200, MILLISECONDS);
                }
            }
        } finally {
            signals.close();
        }
    }

    @Test
    void a_connection_that_is_killed_is_replaced() throws Exception {
        BlockingQueue<String> there = receivedOn(otherNode);
        ClaimedJob job = scheduledAndClaimed(store(), newJob());
        assertThat(there.poll(30, SECONDS)).isEqualTo(KIND.value());
        assertThat(database.query(LISTENERS)).hasSizeGreaterThanOrEqualTo(2);

        database.query("select pg_terminate_backend(pid) from (%s) listeners".formatted(LISTENERS));

        String received = null;
        while (received == null) { // notifications without a listener are lost
            accepted(store().schedule(newJob(), EXPECTED));
            received = there.poll(200, MILLISECONDS);
        }
        there.clear();
        finish(job);
        String last = there.poll(30, SECONDS);
        while (KIND.value().equals(last)) {
            last = there.poll(30, SECONDS);
        }
        assertThat(last).isEqualTo(job.job().id().toString());
    }

    @Test
    void after_a_kill_of_the_server_the_node_listens_again() throws Exception {
        try (PostgresServer own = PostgresServer.start()) {
            String url = own.newDatabase();
            try (TestDatabase here = TestDatabase.at(url);
                    JobDatabase there = here.openAgain()) {
                BlockingQueue<String> received = receivedOn(there);
                here.execute("checkpoint"); // tests run without synchronous commits
                own.kill();
                own.restart();

                String signal = null;
                while (signal == null) {
                    try {
                        accepted(here.jobs().store().schedule(newJob(), EXPECTED));
                    } catch (StoreUnavailable e) {
                        assertThat(received).isEmpty(); // nothing has changed
                    }
                    signal = received.poll(200, MILLISECONDS);
                }
                assertThat(signal).isEqualTo(KIND.value());
            }
        }
    }

    @Test
    void a_closed_node_does_not_listen() throws Exception {
        Set<Thread> before = listeners();
        JobDatabase third = database.openAgain();
        Set<Thread> own = listeners();
        own.removeAll(before);
        assertThat(own).hasSize(1);

        third.close();

        for (Thread thread : own) {
            thread.join(SECONDS.toMillis(30)); // it may be about to end
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private static Set<Thread> listeners() {
        Thread[] all = new Thread[Thread.activeCount() * 2];
        int count = Thread.enumerate(all);
        return Arrays.stream(all, 0, count)
                .filter(thread -> thread.getName().equals("asyncjob-listen"))
                .collect(Collectors.toSet());
    }
}
