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

/**
 * The contracts over an application's pool, in a schema and with names of its own. No connection comes back changed.
 */
final class H2BorrowedPoolTest extends DatabaseContract {
    private static final TableNames TABLES = new TableNames("app", "jobs_");
    private static final String STATE = """
            select lock_timeout() || ' ' || current_schema || ' ' || (
                select setting_value from information_schema.settings where setting_name = 'QUERY_TIMEOUT')
            """;
    private static final List<HikariDataSource> POOLS = new ArrayList<>();

    H2BorrowedPoolTest() {
        super(new TestDatabase(
                DatabaseSettings.defaults().withUrl("jdbc:h2:mem:").withTables(TABLES), H2BorrowedPoolTest::open));
    }

    private static JobDatabase open(DatabaseSettings settings) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(settings.url());
        config.setUsername("sa");
        config.setAutoCommit(false);
        config.setTransactionIsolation("TRANSACTION_SERIALIZABLE");
        config.setConnectionInitSql("set lock_timeout 777; set query_timeout 5000; set schema information_schema");
        HikariDataSource pool = new HikariDataSource(config);
        POOLS.add(pool);
        return JobDatabase.over(DataSourceSettings.of(pool).withTables(TABLES), JobStoreContract.POLICY);
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
                    assertThat(state(connection)).isEqualTo("777 INFORMATION_SCHEMA 5000");
                    assertThat(connection.getAutoCommit()).isFalse();
                    assertThat(connection.getTransactionIsolation()).isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
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
