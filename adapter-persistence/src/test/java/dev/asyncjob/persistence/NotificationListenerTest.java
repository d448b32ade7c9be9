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
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.JobSignalsContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What happens on one node, as another node hears it. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NotificationListenerTest implements JobSignalsContract {
    private static final String LISTENERS =
            "select pid from pg_stat_activity where query in ('listen asyncjob', 'select 1') and datname = current_database()";

    @AutoClose
    private final TestDatabase database =
            TestDatabase.at(PostgresServer.shared().newDatabase());

    @AutoClose
    private final JobDatabase otherNode = database.openAgain();

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

    /** Everything that a node hears, as words. */
    private static BlockingQueue<String> heardOn(JobDatabase node) {
        return heardOn(node, word -> true);
    }

    /** What a node hears of these words: news of tests before may still be on its way. */
    private static BlockingQueue<String> heardOn(JobDatabase node, Set<String> words) {
        return heardOn(node, words::contains);
    }

    private static BlockingQueue<String> heardOn(JobDatabase node, Predicate<String> isOfInterest) {
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        node.signals().subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                hear(kind.value());
            }

            @Override
            public void jobChanged(JobId id) {
                hear(id.toString());
            }

            private void hear(String word) {
                if (isOfInterest.test(word)) {
                    heard.add(word);
                }
            }
        });
        return heard;
    }

    /** What this job's end sounds like: nothing before it can still be on its way. */
    private void finish(ClaimedJob job) {
        settle(store(), job, Jobs.DONE);
    }

    @Test
    void a_node_hears_itself_once_and_others_once() throws Exception {
        NewJob first = newJob(new JobKind("heard.once"));
        NewJob second = newJob(new JobKind("heard.there"));
        Set<String> words = Set.of(
                first.kind().value(), first.id().toString(), second.kind().value());
        BlockingQueue<String> here = heardOn(database.jobs(), words);
        BlockingQueue<String> there = heardOn(otherNode, words);

        accepted(store().schedule(first, EXPECTED));
        finish(store().claim(claim(1, first.kind())).get(0));
        accepted(otherNode.store().schedule(second, EXPECTED));

        for (BlockingQueue<String> heard : Arrays.asList(here, there)) {
            assertThat(heard.poll(30, SECONDS)).isEqualTo(first.kind().value());
            assertThat(heard.poll(30, SECONDS)).isEqualTo(first.id().toString());
            assertThat(heard.poll(30, SECONDS)).isEqualTo(second.kind().value());
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void a_callers_transaction_is_heard_on_all_nodes_at_its_commit_and_not_if_it_is_rolled_back() throws Exception {
        JobKind never = new JobKind("never.told");
        JobKind kind = new JobKind("told.late");
        Set<String> words = Set.of(never.value(), kind.value());
        BlockingQueue<String> here = heardOn(database.jobs(), words);
        BlockingQueue<String> there = heardOn(otherNode, words);
        try (Connection connection = DriverManager.getConnection(database.jobs().url(), "postgres", "")) {
            connection.setAutoCommit(false);
            accepted(database.jobs().within(connection).schedule(newJob(never), EXPECTED));
            connection.rollback();
            accepted(database.jobs().within(connection).schedule(newJob(kind), EXPECTED));
            assertThat(here).isEmpty();
            connection.commit();
        }

        assertThat(here.poll(30, SECONDS)).isEqualTo(kind.value());
        assertThat(there.poll(30, SECONDS)).isEqualTo(kind.value());
    }

    @Test
    void news_that_cannot_be_read_is_passed_over() throws Exception {
        NewJob job = newJob();
        BlockingQueue<String> there = heardOn(otherNode, Set.of(job.id().toString()));
        List<String> before = database.query(LISTENERS);
        List<String> news =
                new ArrayList<>(List.of("", "x", "abcdefgh:c:", "abcdefgh:c:not-a-uuid", "abcdefgh:c:1-2-3-4-5"));
        news.addAll(
                List.of("abcdefgh:w:No Kind!", "abcdefgh:w:" + "k".repeat(7000), "abcdefgh:x:?", "abcdefgh:w:a\nb"));
        news.add("abcdefgh:c:" + job.id());

        database.query(
                "select pg_notify('asyncjob', news) from unnest(array['" + String.join("','", news) + "']) news");

        assertThat(there.poll(30, SECONDS)).isEqualTo(job.id().toString());
        assertThat(database.query(LISTENERS)).containsAll(before);
    }

    @Test
    void an_error_while_listening_does_not_end_it() throws Exception {
        BlockingQueue<JobId> heard = new LinkedBlockingQueue<>();
        JobSignals.Listener erring = new JobSignals.Listener() {
            @Override
            public void jobChanged(JobId id) {
                heard.add(id);
                throw new StackOverflowError("on purpose");
            }
        };
        DriverDataSource own = new DriverDataSource(
                DatabaseSettings.defaults().withUrl(database.url()).connectionUrl(), Duration.ZERO);
        NotificationListener signals = NotificationListener.listen(
                own, Notifications.ofNewNode(JobDatabase.dialectOf(DatabaseUrl.parse(database.url()))), erring);
        try {
            for (int i = 0; i < 2; i++) {
                JobId id = newId();
                JobId last = null;
                while (!id.equals(last)) { // what is told while nobody listens is lost
                    database.query("select pg_notify('asyncjob', 'abcdefgh:c:" + id + "')");
                    last = heard.poll(200, MILLISECONDS);
                }
            }
        } finally {
            signals.close();
        }
    }

    @Test
    void a_connection_that_is_killed_is_replaced() throws Exception {
        BlockingQueue<String> there = heardOn(otherNode);
        ClaimedJob job = scheduledAndClaimed(store(), newJob());
        assertThat(there.poll(30, SECONDS)).isEqualTo(KIND.value());
        assertThat(database.query(LISTENERS)).hasSizeGreaterThanOrEqualTo(2);

        database.query("select pg_terminate_backend(pid) from (%s) listeners".formatted(LISTENERS));

        String heard = null;
        while (heard == null) { // what is told while nobody listens is lost
            accepted(store().schedule(newJob(), EXPECTED));
            heard = there.poll(200, MILLISECONDS);
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
    void a_server_that_was_killed_is_listened_to_again() throws Exception {
        try (PostgresServer own = PostgresServer.start()) {
            String url = own.newDatabase();
            try (TestDatabase here = TestDatabase.at(url);
                    JobDatabase there = here.openAgain()) {
                BlockingQueue<String> heard = heardOn(there);
                here.execute("checkpoint"); // tests run without synchronous commits
                own.kill();
                own.restart();

                String news = null;
                while (news == null) {
                    try {
                        accepted(here.jobs().store().schedule(newJob(), EXPECTED));
                    } catch (StoreUnavailable e) {
                        assertThat(heard).isEmpty(); // nothing happened that could be told
                    }
                    news = heard.poll(200, MILLISECONDS);
                }
                assertThat(news).isEqualTo(KIND.value());
            }
        }
    }

    @Test
    void a_closed_node_listens_no_more() throws Exception {
        Set<Thread> before = listeners();
        JobDatabase third = database.openAgain();
        Set<Thread> own = listeners();
        own.removeAll(before);
        assertThat(own).hasSize(1);

        third.close();

        for (Thread thread : own) {
            thread.join(SECONDS.toMillis(30)); // it may be on its way out
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
