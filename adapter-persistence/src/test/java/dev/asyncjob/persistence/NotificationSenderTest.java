package dev.asyncjob.persistence;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class NotificationSenderTest {
    private static final JobKind KIND = new JobKind("sender");

    private final Semaphore gate = new Semaphore(0);
    private final Semaphore messages = new Semaphore(0);
    private final Semaphore lost = new Semaphore(0);
    private final List<Object> here = new ArrayList<>();
    private final BlockingQueue<Object> there = new LinkedBlockingQueue<>();
    private volatile Failing failNext = Failing.NOT;
    private TestDatabase database;
    private JobSignals.Subscription subscription;
    private NotificationSender sender;

    enum Failing {
        NOT,
        AS_UNAVAILABLE,
        WITH_ERROR
    }

    /** Transactions of which each waits for a permit of the gate. */
    private final class GatedTransactions implements Transactions {
        private final Jdbi jdbi;

        GatedTransactions(String url) {
            DatabaseSettings settings = DatabaseSettings.defaults().withUrl(url);
            jdbi = Jdbi.create(() -> TestDatabase.connect(settings));
            SqlTypes.install(
                    jdbi,
                    Connections.dialectOf(settings.connectionUrl(), Pooler.NONE, TableNames.DEFAULT)
                            .now(),
                    TableNames.DEFAULT);
        }

        @Override
        public <T> T call(HandleCallback<T, RuntimeException> call) {
            messages.release();
            gate.acquireUninterruptibly();
            if (failNext != Failing.NOT) {
                boolean error = failNext == Failing.WITH_ERROR;
                failNext = Failing.NOT;
                lost.release();
                if (error) {
                    throw new StackOverflowError("on purpose");
                }
                throw new StoreUnavailable(new IOException("on purpose"));
            }
            return jdbi.withHandle(call);
        }

        @Override
        public <T> T transact(HandleCallback<T, RuntimeException> call) {
            throw new AssertionError("a message needs no transaction of several statements");
        }
    }

    private record Recorder(Collection<Object> received) implements JobSignals.Listener {
        @Override
        public void workAvailable(JobKind kind) {
            received.add(kind);
        }

        @Override
        public void jobChanged(JobId id) {
            received.add(id);
        }
    }

    @BeforeEach
    void open() {
        database = TestDatabase.at(PostgresServer.shared().newDatabase());
        subscription = database.jobs().signals().subscribe(new Recorder(there));
        SqlDialect dialect = Connections.dialectOf(DatabaseUrl.parse(database.url()), Pooler.NONE, TableNames.DEFAULT);
        sender = new NotificationSender(
                new GatedTransactions(database.url()), Notifications.ofNewNode(dialect), new Recorder(here));
    }

    @AfterEach
    void close() {
        gate.release(1000);
        sender.close();
        subscription.close();
        database.close();
    }

    private List<JobId> change(int count) {
        List<JobId> ids =
                Stream.generate(() -> new JobId(UUID.randomUUID())).limit(count).toList();
        ids.forEach(sender::jobChanged);
        return ids;
    }

    @Test
    void this_node_is_signalled_at_once_also_while_others_cannot_be() {
        sender.workAvailable(KIND);
        List<JobId> ids = change(1);

        assertThat(here).containsExactly(KIND, ids.get(0));
        assertThat(there).isEmpty();
    }

    @Test
    void changes_during_one_notification_go_together_in_the_next() throws InterruptedException {
        List<JobId> ids = new ArrayList<>(change(1));
        awaitMessage();
        ids.addAll(change(900)); // a listener that is behind loses signals from LocalJobSignals.MAX_WAITING on
        sender.workAvailable(KIND);
        sender.workAvailable(KIND);
        gate.release(1);
        awaitMessage();
        gate.release(1);

        Set<Object> received = received(902);
        assertThat(received).hasSize(902).contains(KIND).containsAll(ids);
        assertThat(messages.availablePermits()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"AS_UNAVAILABLE", "WITH_ERROR"})
    void a_lost_notification_does_not_affect_later_ones(Failing failing) throws InterruptedException {
        failNext = failing;
        change(1);
        awaitMessage();
        gate.release();
        awaitLost();
        List<JobId> later = change(1);
        gate.release();

        assertThat(received(1)).containsExactlyElementsOf(later);
    }

    @Test
    void closing_sends_the_changes_until_then_and_none_after() throws InterruptedException {
        List<JobId> last = change(3);
        gate.release(10);
        sender.close();
        change(1);

        assertThat(received(3)).containsExactlyInAnyOrderElementsOf(last);
        assertThat(here).hasSize(4);
    }

    private void awaitMessage() throws InterruptedException {
        assertThat(messages.tryAcquire(30, SECONDS)).isTrue();
    }

    private void awaitLost() throws InterruptedException {
        assertThat(lost.tryAcquire(30, SECONDS)).isTrue();
    }

    private Set<Object> received(int count) throws InterruptedException {
        Set<Object> received = new HashSet<>();
        for (int i = 0; i < count; i++) {
            received.add(there.poll(30, SECONDS));
        }
        assertThat(there).isEmpty();
        return received;
    }
}
