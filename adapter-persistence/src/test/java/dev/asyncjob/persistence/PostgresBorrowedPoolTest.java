package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.asyncjob.testkit.JobStoreContract;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * The contracts over an application's pool, with a role that may only read and write tables, in a schema and with names
 * of its own, after its own migration. No connection comes back changed.
 */
final class PostgresBorrowedPoolTest extends DatabaseContract {
    private static final TableNames TABLES = new TableNames("app", "jobs_");
    private static final String GRANTS = """
            create role app_%1$s login;
            grant usage on schema app to app_%1$s;
            grant select, insert, update, delete on all tables in schema app to app_%1$s;
            """;
    private static final String STATE = """
            select current_setting('search_path') || ' ' || current_setting('statement_timeout') || ' '
                || current_setting('lock_timeout') || ' ' || current_setting('timezone') || ' '
                || current_setting('idle_in_transaction_session_timeout') || ' ' || current_setting('enable_seqscan') || ' '
                || current_setting('plan_cache_mode') || ' ' || current_setting('transaction_isolation') || ' '
                || current_setting('role') || ' ' || current_setting('transaction_read_only') || ' '
                || (select count(*) from pg_listening_channels())
            """;
    private static final String SESSION = "set search_path = pg_catalog, app; set statement_timeout = '7s';"
            + " set lock_timeout = '6s'; set timezone = 'Asia/Tokyo'; commit";
    private static final int POOL_SIZE = 12;

    private static final List<HikariDataSource> POOLS = new ArrayList<>();

    PostgresBorrowedPoolTest() {
        super(new TestDatabase(
                DatabaseSettings.defaults()
                        .withUrl(PostgresServer.shared().newDatabase())
                        .withTables(TABLES),
                PostgresBorrowedPoolTest::open));
    }

    private static JobDatabase open(DatabaseSettings settings) {
        try (Connection owner = TestDatabase.connect(settings);
                Statement statement = owner.createStatement()) {
            String database = owner.getCatalog();
            if (POOLS.isEmpty()) {
                statement.execute(JobDatabase.script("postgresql", TABLES, 0));
                statement.execute(GRANTS.formatted(database));
            }
            PGSimpleDataSource driver = new PGSimpleDataSource();
            driver.setUrl(settings.url());
            driver.setUser("app_" + database);
            HikariDataSource pool = pool(driver);
            return JobDatabase.over(
                    DataSourceSettings.of(pool)
                            .withListening(driver)
                            .withTables(TABLES)
                            .withMigrate(false)
                            .withPoolSize(POOL_SIZE),
                    JobStoreContract.POLICY);
        } catch (SQLException e) {
            throw new AssertionError("cannot open", e);
        }
    }

    private static HikariDataSource pool(PGSimpleDataSource driver) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(driver);
        config.setMaximumPoolSize(POOL_SIZE);
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
        config.setReadOnly(true);
        config.setConnectionInitSql(SESSION);
        HikariDataSource pool = new HikariDataSource(config);
        POOLS.add(pool);
        return pool;
    }

    @AfterEach
    void no_connection_is_changed() throws SQLException {
        for (HikariDataSource pool : POOLS) {
            List<Connection> all = new ArrayList<>();
            try {
                int idle = pool.getHikariPoolMXBean().getIdleConnections();
                for (int i = 0; i < idle; i++) {
                    all.add(pool.getConnection());
                }
                for (Connection connection : all) {
                    assertThat(state(connection))
                            .isEqualTo("pg_catalog, app 7s 6s Asia/Tokyo 0 on auto serializable none on 0");
                    assertThat(connection.getAutoCommit()).isFalse();
                    assertThat(connection.getNetworkTimeout()).isZero();
                    assertThat(connection.isReadOnly()).isTrue();
                }
            } finally {
                for (Connection connection : all) {
                    connection.close();
                }
            }
        }
    }

    private static String state(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rs = statement.executeQuery(STATE)) {
            rs.next();
            return rs.getString(1);
        }
    }

    @AfterAll
    static void the_pools_are_open() {
        assertThat(POOLS).isNotEmpty().noneMatch(HikariDataSource::isClosed);
        POOLS.forEach(HikariDataSource::close);
        POOLS.clear();
    }
}
