package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What {@link JobDatabase#over} does with the application's source of connections beside the contracts. */
class BorrowedPoolTest {
    private static HikariDataSource pool(String url, int size) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername(url.startsWith("jdbc:h2") ? "sa" : null);
        config.setMaximumPoolSize(size);
        return new HikariDataSource(config);
    }

    private static String url(String system) {
        return system.equals("h2")
                ? "jdbc:h2:mem:" + UUID.randomUUID()
                : PostgresServer.shared().newDatabase();
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void jobs_and_rows_of_the_application_are_committed_or_rolled_back_together(String system) throws SQLException {
        try (HikariDataSource pool = pool(url(system), 3);
                JobDatabase jobs = JobDatabase.over(pool, JobStoreContract.POLICY)) {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("create table report (id integer)");
                connection.setAutoCommit(false);
                statement.execute("insert into report values (1)");
                Jobs.accepted(jobs.within(connection).schedule(Jobs.newJob(), Jobs.EXPECTED));
                connection.rollback();
                assertThat(jobs.store().claim(Jobs.claim(10, Jobs.KIND))).isEmpty();

                statement.execute("insert into report values (2)");
                Jobs.accepted(jobs.within(connection).schedule(Jobs.newJob(), Jobs.EXPECTED));
                connection.commit();
                assertThat(jobs.store().claim(Jobs.claim(10, Jobs.KIND))).hasSize(1);
                assertThat(count(statement)).isEqualTo(1);
                connection.commit();
            }
        }
    }

    private static int count(Statement statement) throws SQLException {
        try (ResultSet rs = statement.executeQuery("select count(*) from report")) {
            rs.next();
            return rs.getInt(1);
        }
    }

    @Test
    void a_pool_of_one_connection_to_postgresql_serves_and_keeps_its_search_path_after_a_migration()
            throws SQLException {
        try (HikariDataSource pool = pool(url("postgresql"), 1)) {
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement()) {
                statement.execute("set search_path = pg_catalog");
            }
            try (JobDatabase jobs = JobDatabase.over(pool, JobStoreContract.POLICY)) {
                Jobs.accepted(jobs.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
                assertThat(jobs.dialect()).isEqualTo("postgresql");
            }
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet rs = statement.executeQuery("show search_path")) {
                rs.next();
                assertThat(rs.getString(1)).isEqualTo("pg_catalog");
            }
        }
    }

    @Test
    void a_pool_is_lent_with_names_of_its_tables_and_a_source_to_listen() throws SQLException {
        PGSimpleDataSource direct = new PGSimpleDataSource();
        String url = url("postgresql");
        direct.setUrl(url);
        try (HikariDataSource pool = pool(url, 3)) {
            // README: own pool
            DataSourceSettings settings =
                    DataSourceSettings.of(pool).withListening(direct).withTables(new TableNames("shop", "jobs_"));
            JobDatabase database = JobDatabase.over(settings, WorkPolicy.defaults());
            // end
            Jobs.accepted(database.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
            database.close();
            try (Connection connection = pool.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet rs = statement.executeQuery("select count(*) from shop.jobs_work")) {
                rs.next();
                assertThat(rs.getInt(1)).isEqualTo(1);
            }
        }
    }

    @Test
    void a_call_waits_a_second_for_a_connection_of_hikari_whatever_its_own_limit_is() throws SQLException {
        try (HikariDataSource pool = pool(url("postgresql"), 1);
                JobDatabase jobs = JobDatabase.over(pool, JobStoreContract.POLICY);
                Connection busy = pool.getConnection()) {
            long start = System.nanoTime();
            assertThatExceptionOfType(StoreUnavailable.class)
                    .isThrownBy(() -> jobs.store().claim(Jobs.claim(1, Jobs.KIND)));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
            assertThat(pool.getConnectionTimeout()).isEqualTo(30_000);
            assertThat(busy.isClosed()).isFalse();
        }
    }

    @Test
    void another_database_is_refused_by_name() {
        assertThatIllegalStateException()
                .isThrownBy(() -> JobDatabase.over(other(), JobStoreContract.POLICY))
                .withMessage("the database of the application must be H2 or PostgreSQL, but is Other");
    }

    private static DataSource other() {
        DatabaseMetaData metaData = proxy(DatabaseMetaData.class, "getDatabaseProductName", "Other");
        Connection connection = proxy(Connection.class, "getMetaData", metaData);
        return proxy(DataSource.class, "getConnection", connection);
    }

    private static <T> T proxy(Class<T> type, String method, Object result) {
        return type.cast(Proxy.newProxyInstance(
                BorrowedPoolTest.class.getClassLoader(),
                new Class<?>[] {type},
                (proxy, called, arguments) -> called.getName().equals(method) ? result : null));
    }

    @Test
    void settings_out_of_range_are_refused_and_their_text_shows_no_secret() {
        DataSourceSettings settings = DataSourceSettings.of(other());

        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.withPoolSize(0))
                .withMessage("poolSize must be 1 to 200");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> settings.withFingerprintKey("short"))
                .withMessage("fingerprintKey must have 32 characters or more");
        assertThat(settings.withFingerprintKey("s".repeat(32)).withListening(other()))
                .hasToString("DataSourceSettings[listening=true, tables=TableNames[schema=asyncjob, prefix=],"
                        + " migrate=true, poolSize=10]");
    }
}
