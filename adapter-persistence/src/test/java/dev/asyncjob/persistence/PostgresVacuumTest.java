package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** That dead rows are removed where that helps, and only there; autovacuum has nothing to do with it here. */
final class PostgresVacuumTest {
    private static final int ROWS = PostgresVacuum.ENOUGH;

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

    @AfterEach
    void close() {
        database.close();
    }

    /** Leaves so many dead rows. */
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
        return new PostgresVacuum(new PooledTransactions(source, SqlDialect.POSTGRESQL, false), interval);
    }

    @Test
    void who_keeps_house_removes_what_is_dead() {
        update(ROWS);

        database.jobs().store().maintain();

        assertThat(dead()).isZero();
        assertThat(vacuums()).isEqualTo(1);
    }

    @Test
    void it_does_not_look_again_at_once() {
        PostgresVacuum vacuum = vacuum(database.url(), Duration.ofHours(1));
        vacuum.run();
        update(ROWS);

        vacuum.run();

        assertThat(vacuums()).isZero();
    }

    @Test
    void a_few_are_left_to_autovacuum() {
        update(ROWS - 1);

        vacuum(database.url()).run();

        assertThat(vacuums()).isZero();
    }

    @Test
    void what_somebody_can_still_see_is_not_tried_again_until_there_is_more() throws SQLException {
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
            database.execute("grant pg_maintain to guest"); // others the server itself would turn away, and log it

            vacuum(database.url() + "&options=-c%20role=guest").run();

            assertThat(vacuums()).isZero();
        } finally {
            database.execute("drop owned by guest");
            database.execute("drop role guest");
        }
    }

    @Test
    void after_a_failure_it_rests() {
        PostgresVacuum nowhere = vacuum("jdbc:postgresql://127.0.0.1:1/nowhere");
        assertThatExceptionOfType(StoreUnavailable.class).isThrownBy(nowhere::run);

        nowhere.run();
    }
}
