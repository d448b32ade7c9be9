package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.application.spi.StoreUnavailable;
import java.util.concurrent.atomic.AtomicInteger;
import org.h2.jdbcx.JdbcDataSource;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PooledTransactionsTest {
    private static final String TAKE = "insert into place values (1)";

    private PooledTransactions calls;

    @BeforeEach
    void open() {
        JdbcDataSource h2 = new JdbcDataSource();
        h2.setUrl("jdbc:h2:mem:");
        calls = new PooledTransactions(h2, SqlDialect.H2, false);
    }

    @Test
    void a_place_that_is_taken_again_and_again_is_a_reason_to_come_later() {
        AtomicInteger tries = new AtomicInteger();
        assertThatExceptionOfType(StoreUnavailable.class)
                .isThrownBy(() -> calls.call(handle -> {
                    tries.incrementAndGet();
                    handle.execute("create table place (id int primary key)");
                    return handle.execute(TAKE) + handle.execute(TAKE);
                }));
        assertThat(tries).hasValueGreaterThan(1);
    }

    @Test
    void a_statement_that_is_wrong_is_ours_to_mend() {
        assertThatExceptionOfType(JdbiException.class).isThrownBy(() -> calls.call(handle -> handle.execute(TAKE)));
    }
}
