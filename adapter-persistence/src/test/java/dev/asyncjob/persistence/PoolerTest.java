package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.zaxxer.hikari.HikariDataSource;
import dev.asyncjob.application.spi.JobObservers;
import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.testkit.JobSignalsContract;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** Behind a pooler in transaction mode the store leaves nothing in a session, since others use it next. */
final class PoolerTest {
    /** Every call is a transaction there, which ends after its statements; signals follow its commit. */
    @Nested
    @TestInstance(Lifecycle.PER_CLASS)
    final class Signals implements JobSignalsContract {
        @AutoClose
        private final TestDatabase database =
                new TestDatabase(settings(PostgresServer.shared().newDatabase()).withPoolSize(3));

        @BeforeEach
        void clear() {
            database.clear();
        }

        @Override
        public JobStore store() {
            return database.jobs().store();
        }

        @Override
        public JobSignals signals() {
            return database.jobs().signals();
        }

        @Override
        public void timePasses(Duration duration) {
            database.timePasses(duration);
        }
    }

    @Test
    void nothing_is_left_in_a_session() throws SQLException {
        String url = PostgresServer.shared().newDatabase();
        JobDatabase.migrate(DatabaseSettings.defaults().withUrl(url));
        try (Connection fresh = TestDatabase.connect(settings(url));
                DriverDataSource source = Connections.of(settings(url)).store(Duration.ZERO);
                HikariDataSource pool = new HikariDataSource(
                        OwnPool.poolOf(Connections.of(settings(url)), source, new Eviction(), () -> {}))) {
            use(pool);
            try (Connection used = pool.getConnection()) {
                assertThat(state(used)).isEqualTo(state(fresh));
                assertThat(rows(used, "select name, statement from pg_prepared_statements"))
                        .isEmpty();
                assertThat(rows(
                                used,
                                "select locktype, mode from pg_locks where pid = pg_backend_pid()"
                                        + " and locktype = 'advisory'"))
                        .isEmpty();
            }
        }
    }

    @Test
    void each_transaction_has_the_settings_of_a_session_of_the_store() throws SQLException {
        String url = PostgresServer.shared().newDatabase();
        String question = "select name, setting from pg_settings where source = 'session' and name not like 'trans%'";
        SqlDialect pooled = Connections.dialectOf(DatabaseUrl.parse(url), Pooler.TRANSACTION, TableNames.DEFAULT);
        try (Connection own = TestDatabase.connect(settings(url));
                Connection shared = TestDatabase.connect(settings(url));
                Statement first = own.createStatement();
                Statement second = shared.createStatement()) {
            first.execute(Connections.dialectOf(DatabaseUrl.parse(url), Pooler.NONE, TableNames.DEFAULT)
                    .sessionSetup());
            shared.setAutoCommit(false);
            second.execute(pooled.transactionSetup());
            assertThat(rows(shared, question)).isEqualTo(rows(own, question)).hasSizeGreaterThan(4);
            shared.rollback();
        }
    }

    @Test
    void h2_has_no_pooler() {
        DatabaseSettings defaults = DatabaseSettings.defaults();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> defaults.withPooler(Pooler.TRANSACTION))
                .withMessage("db.pooler has no effect on H2");
    }

    private static DatabaseSettings settings(String url) {
        return DatabaseSettings.defaults().withUrl(url).withPoolSize(1).withPooler(Pooler.TRANSACTION);
    }

    /** Uses each kind of statement more often than the driver needs to give it a name. */
    private static void use(HikariDataSource pool) {
        SqlDialect dialect = Connections.of(settings(PostgresServer.shared().url("postgres")))
                .dialect();
        Transactions transactions = new PooledTransactions(wait -> pool.getConnection(), 1, dialect);
        JobObservers observers = new JobObservers();
        EndedMinutes minutes = new EndedMinutes();
        observers.add(minutes);
        JdbiJobStore store = new JdbiJobStore(
                transactions,
                new FingerprintKeys("", "key"),
                Notifications.ofNewNode(dialect).silent(),
                JobStoreContract.POLICY,
                new LocalJobSignals(),
                observers,
                minutes);
        for (int i = 0; i < 12; i++) {
            ClaimedJob claimed = Jobs.scheduledAndClaimed(store, Jobs.newJob());
            Jobs.accepted(Jobs.settle(store, claimed, Jobs.DONE));
            assertThat(store.find(Jobs.OWNER, claimed.job().id())).isPresent();
            store.maintain();
            assertThat(store.now()).isNotNull();
            transactions.call(handle -> {
                Notifications.ofNewNode(dialect).send(handle, List.of("x"));
                return true;
            });
        }
    }

    private static Map<String, String> state(Connection connection) throws SQLException {
        Map<String, String> state = rows(connection, "select name, setting from pg_settings");
        state.keySet().removeIf(name -> name.startsWith("transaction_"));
        state.putAll(rows(connection, "select 'role', current_user::text || session_user"));
        return state;
    }

    private static Map<String, String> rows(Connection connection, String query) throws SQLException {
        Map<String, String> rows = new TreeMap<>();
        try (Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery(query)) {
            while (rs.next()) {
                rows.put(rs.getString(1), rs.getString(2));
            }
        }
        return rows;
    }
}
