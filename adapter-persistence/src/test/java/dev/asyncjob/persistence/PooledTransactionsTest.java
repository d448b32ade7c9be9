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
    void a_wrong_statement_is_an_internal_error() {
        assertThatExceptionOfType(JdbiException.class)
                .isThrownBy(() -> transactions.call(handle -> handle.execute(INSERT)));
    }
}
