package dev.asyncjob.persistence;

import static dev.asyncjob.application.spi.Jobs.EXPECTED;
import static dev.asyncjob.application.spi.Jobs.KIND;
import static dev.asyncjob.application.spi.Jobs.accepted;
import static dev.asyncjob.application.spi.Jobs.newJob;
import static dev.asyncjob.application.spi.Jobs.scheduledAndClaimed;
import static dev.asyncjob.application.spi.Jobs.settle;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobSignalsContract;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.Jobs;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** What happens on one node, as another node hears it. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PostgresSignalsTest implements JobSignalsContract {
    private static final String LISTENERS =
            "select pid from pg_stat_activity where query in ('listen asyncjob', 'select 1') and datname = current_database()";

    private final TestDatabase database =
            TestDatabase.at(PostgresServer.shared().newDatabase());
    private final JobDatabase otherNode = database.openAgain();

    @BeforeEach
    void clear() {
        database.clear();
    }

    @AfterAll
    void close() {
        otherNode.close();
        database.close();
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
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        node.signals().subscribe(new JobSignals.Listener() {
            @Override
            public void workAvailable(JobKind kind) {
                heard.add(kind.value());
            }

            @Override
            public void jobChanged(JobId id) {
                heard.add(id.toString());
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
        BlockingQueue<String> here = heardOn(database.jobs());
        BlockingQueue<String> there = heardOn(otherNode);
        ClaimedJob job = scheduledAndClaimed(store(), newJob());

        finish(job);
        accepted(otherNode.store().schedule(newJob(Jobs.OTHER_KIND), EXPECTED));

        for (BlockingQueue<String> heard : Arrays.asList(here, there)) {
            assertThat(heard.poll(30, SECONDS)).isEqualTo(KIND.value());
            assertThat(heard.poll(30, SECONDS)).isEqualTo(job.job().id().toString());
            assertThat(heard.poll(30, SECONDS)).isEqualTo(Jobs.OTHER_KIND.value());
            assertThat(heard).isEmpty();
        }
    }

    @Test
    void a_callers_transaction_is_heard_on_all_nodes_at_its_commit_and_not_if_it_is_rolled_back() throws Exception {
        BlockingQueue<String> here = heardOn(database.jobs());
        BlockingQueue<String> there = heardOn(otherNode);
        try (Connection connection = DriverManager.getConnection(database.jobs().url(), "postgres", "")) {
            connection.setAutoCommit(false);
            accepted(database.jobs().within(connection).schedule(newJob(Jobs.OTHER_KIND), EXPECTED));
            connection.rollback();
            accepted(database.jobs().within(connection).schedule(newJob(), EXPECTED));
            assertThat(here).isEmpty();
            connection.commit();
        }

        assertThat(here.poll(30, SECONDS)).isEqualTo(KIND.value());
        assertThat(there.poll(30, SECONDS)).isEqualTo(KIND.value());
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
            heard = there.poll(200, java.util.concurrent.TimeUnit.MILLISECONDS);
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
        try (PostgresServer own = PostgresServer.ofOnesOwn()) {
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
                    news = heard.poll(200, java.util.concurrent.TimeUnit.MILLISECONDS);
                }
                assertThat(news).isEqualTo(KIND.value());
            }
        }
    }

    @Test
    void a_closed_node_listens_no_more() {
        JobDatabase third = database.openAgain();
        assertThat(threads()).contains("asyncjob-listen");
        int before = count();

        third.close();

        assertThat(count()).isEqualTo(before - 1);
    }

    private static int count() {
        return (int) threads().lines().filter("asyncjob-listen"::equals).count();
    }

    private static String threads() {
        Thread[] all = new Thread[Thread.activeCount() * 2];
        int count = Thread.enumerate(all);
        return String.join(
                "\n", Arrays.stream(all, 0, count).map(Thread::getName).toList());
    }
}
