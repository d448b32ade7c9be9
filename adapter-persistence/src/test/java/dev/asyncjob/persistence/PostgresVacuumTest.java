package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** Dead rows are vacuumed where that helps, and only there; autovacuum is off. */
final class PostgresVacuumTest {
    private static final int ROWS = PostgresVacuum.MIN_DEAD_ROWS;

    @AutoClose
    private final TestDatabase database =
            TestDatabase.at(PostgresServer.shared().newDatabase());

    @BeforeEach
    void fill() {
        database.execute("alter table asyncjob.work set (autovacuum_enabled = false)");
        database.execute("""
                insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
                select gen_random_uuid(), 'a', now(), 0, 1, 0, false, '{}' from generate_series(1, %d)
                """.formatted(ROWS));
    }

    /** Makes this many dead rows. */
    private void update(int rows) {
        database.execute("""
                update asyncjob.work set token = token + 1
                where job_id in (select job_id from asyncjob.work limit %d)
                """.formatted(rows));
        database.query("select cast(pg_stat_force_next_flush() as text)");
        assertThat(dead()).isGreaterThanOrEqualTo(rows);
    }

    private int dead() {
        return number("n_dead_tup");
    }

    private int vacuums() {
        return number("vacuum_count");
    }

    private int number(String column) {
        return Integer.parseInt(
                database.query("select " + column + " from pg_stat_user_tables where relid = 'asyncjob.work'::regclass")
                        .get(0));
    }

    private static PostgresVacuum vacuum(String url) {
        return vacuum(url, Duration.ZERO);
    }

    private static PostgresVacuum vacuum(String url, Duration interval) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        return new PostgresVacuum(
                new PooledTransactions(
                        wait -> source.getConnection(), 1, new PostgresDialect(DatabaseUrl.parse(url), Pooler.NONE)),
                interval);
    }

    @Test
    void maintenance_of_the_store_removes_dead_rows() {
        update(ROWS);

        database.jobs().store().maintain();

        assertThat(dead()).isZero();
        assertThat(vacuums()).isEqualTo(1);
    }

    @Test
    void it_counts_only_once_in_an_interval() {
        PostgresVacuum vacuum = vacuum(database.url(), Duration.ofHours(1));
        vacuum.run();
        update(ROWS);

        vacuum.run();

        assertThat(vacuums()).isZero();
    }

    @Test
    void few_dead_rows_are_left_to_autovacuum() {
        update(ROWS - 1);

        vacuum(database.url()).run();

        assertThat(vacuums()).isZero();
    }

    @Test
    void rows_that_a_snapshot_still_sees_are_not_vacuumed_again_until_there_are_more() throws SQLException {
        PostgresVacuum vacuum = vacuum(database.url());
        try (Connection reader =
                        TestDatabase.connect(DatabaseSettings.defaults().withUrl(database.url()));
                Statement statement = reader.createStatement()) {
            reader.setAutoCommit(false);
            reader.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            statement.execute("select count(*) from asyncjob.work");
            update(ROWS);

            vacuum.run();
            vacuum.run();
            assertThat(dead()).isGreaterThanOrEqualTo(ROWS);
            assertThat(vacuums()).isEqualTo(1);

            update(ROWS);
            vacuum.run();
            assertThat(vacuums()).isEqualTo(2);
            reader.rollback();
        }
    }

    @Test
    void only_the_owner_vacuums() {
        update(ROWS);
        database.execute("create role guest");
        try {
            database.execute("grant usage on schema asyncjob to guest");
            database.execute("grant pg_maintain to guest"); // otherwise the server itself refuses, and logs that

            vacuum(database.url() + "&options=-c%20role=guest").run();

            assertThat(vacuums()).isZero();
        } finally {
            database.execute("drop owned by guest");
            database.execute("drop role guest");
        }
    }

    @Test
    void after_a_failure_it_pauses() {
        PostgresVacuum nowhere = vacuum("jdbc:postgresql://127.0.0.1:1/nowhere");
        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(nowhere::run);

        nowhere.run();
    }
}
