package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.jdbcx.JdbcDataSource;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

final class PooledTransactionsTest {
    private static final String INSERT = "insert into taken values (1)";

    private PooledTransactions transactions;

    @BeforeEach
    void open() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:");
        transactions =
                new PooledTransactions(wait -> h2.getConnection(), 1, new H2Dialect(DatabaseUrl.parse("jdbc:h2:mem:")));
    }

    @Test
    void a_key_that_collides_in_every_try_makes_the_store_unavailable() {
        AtomicInteger tries = new AtomicInteger();
        assertThatExceptionOfType(StoreUnavailable.class)
                .isThrownBy(() -> transactions.call(handle -> {
                    tries.incrementAndGet();
                    handle.execute("create table taken (id int primary key)");
                    return handle.execute(INSERT) + handle.execute(INSERT);
                }));
        assertThat(tries).hasValueGreaterThan(1);
    }

    @Test
    void a_read_that_found_its_table_locked_is_repeated() {
        AtomicInteger tries = new AtomicInteger();

        int answer = transactions.read(
                handle -> {
                    if (tries.incrementAndGet() <= 2) {
                        throw new ConnectionException(new SQLException("locked by a migration", "55P03"));
                    }
                    return 7;
                },
                shown -> false);

        assertThat(answer).isEqualTo(7);
        assertThat(tries).hasValue(3);
    }

    @Test
    void a_wrong_statement_is_an_internal_error() {
        assertThatExceptionOfType(JdbiException.class)
                .isThrownBy(() -> transactions.call(handle -> handle.execute(INSERT)));
    }

    @Test
    void a_transaction_that_the_server_ended_while_this_node_paused_is_repeated() throws Exception {
        PGSimpleDataSource postgres = new PGSimpleDataSource();
        postgres.setUrl(PostgresServer.shared().url("postgres"));
        PooledTransactions pausing = new PooledTransactions(
                wait -> session(postgres),
                1,
                new PostgresDialect(DatabaseUrl.parse(PostgresServer.shared().url("postgres")), Pooler.NONE));
        List<Integer> sessions = new ArrayList<>();

        int last = pausing.transact(handle -> {
            sessions.add(handle.createQuery("select pg_backend_pid()")
                    .mapTo(Integer.class)
                    .one());
            if (sessions.size() == 1) {
                awaitEnd(postgres, sessions.get(0));
            }
            return handle.createQuery("select pg_backend_pid()")
                    .mapTo(Integer.class)
                    .one();
        });

        assertThat(sessions) // on a busy machine a repetition may be as slow as the first try
                .hasSizeGreaterThanOrEqualTo(2)
                .doesNotHaveDuplicates()
                .endsWith(last);
    }

    @Test
    void on_postgresql_the_server_limits_the_time_of_a_statement_a_lock_and_an_idle_transaction() throws Exception {
        try (Connection session = sessionOfTheStore(PostgresServer.shared().url("postgres"))) {
            assertThat(answer(session, "show statement_timeout")).isEqualTo("2s");
            assertThat(answer(session, "show lock_timeout")).isEqualTo(LockQueue.SHORT_WAIT.toMillis() + "ms");
            assertThat(answer(session, "show idle_in_transaction_session_timeout"))
                    .isEqualTo("400ms");
            assertThat(answer(session, "show tcp_user_timeout")).isEqualTo("2000");
        }
    }

    /** The count of a limited kind, for one, is after a lock. */
    @Test
    void on_postgresql_a_statement_after_a_lock_sees_what_was_committed_before_it_whatever_the_default()
            throws Exception {
        String url = PostgresServer.shared().newDatabase();
        String name = url.replaceFirst(".*/(\\w+)\\?.*", "$1");
        try (Connection session = sessionOfTheStore(url);
                Statement statement = session.createStatement()) {
            statement.execute("alter database " + name + " set default_transaction_isolation = 'repeatable read'");
        }
        try (Connection session = sessionOfTheStore(url)) {
            assertThat(answer(session, "show transaction_isolation")).isEqualTo("read committed");
        }
    }

    @Test
    void on_h2_the_database_limits_the_time_of_a_statement_and_a_lock() throws Exception {
        String setting = "select setting_value from information_schema.settings where setting_name = ";
        try (Connection session = sessionOfTheStore("jdbc:h2:mem:")) {
            assertThat(answer(session, setting + "'QUERY_TIMEOUT'")).isEqualTo("2000");
            assertThat(answer(session, "select lock_timeout()"))
                    .isEqualTo(Long.toString(LockQueue.SHORT_WAIT.toMillis()));
        }
    }

    @Test
    void a_connection_that_cannot_be_limited_for_want_of_memory_goes_back_to_the_pool() {
        AtomicInteger open = new AtomicInteger();
        Connection broken = (Connection) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("setNetworkTimeout")) {
                        throw new OutOfMemoryError("on purpose");
                    }
                    return method.getName().equals("close") ? open.decrementAndGet() : null;
                });
        DatabaseUrl url = DatabaseUrl.parse(PostgresServer.shared().url("postgres"));
        PooledTransactions limited = new PooledTransactions(
                wait -> {
                    open.incrementAndGet();
                    return broken;
                },
                1,
                new PostgresDialect(url, Pooler.NONE));

        assertThatExceptionOfType(OutOfMemoryError.class)
                .isThrownBy(() -> limited.transact(handle -> handle.execute("select 1")));
        assertThat(open).hasValue(0);
    }

    private static Connection sessionOfTheStore(String url) throws SQLException {
        try (DriverDataSource source =
                Connections.of(DatabaseSettings.defaults().withUrl(url)).store(Duration.ZERO)) {
            return source.getConnection();
        }
    }

    private static String answer(Connection session, String question) throws SQLException {
        try (Statement statement = session.createStatement();
                ResultSet rs = statement.executeQuery(question)) {
            rs.next();
            return rs.getString(1);
        }
    }

    private static Connection session(PGSimpleDataSource postgres) throws SQLException {
        Connection connection = postgres.getConnection();
        try (Statement statement = connection.createStatement()) {
            statement.execute("set idle_in_transaction_session_timeout = '10ms'");
        }
        return connection;
    }

    private static void awaitEnd(PGSimpleDataSource postgres, int session) {
        try (Connection other = postgres.getConnection();
                Statement statement = other.createStatement()) {
            boolean lives = true;
            while (lives) {
                try (ResultSet rs = statement.executeQuery("select 1 from pg_stat_activity where pid = " + session)) {
                    lives = rs.next();
                }
            }
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
