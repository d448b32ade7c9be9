package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class DriverDataSourceTest {
    private final AtomicInteger closed = new AtomicInteger();

    private <T> T only(Class<T> type, String method, Runnable action, Object result) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, called, all) -> {
            if (called.getName().equals("close")) {
                closed.incrementAndGet();
                return null;
            }
            if (!called.getName().equals(method)) {
                throw new UnsupportedOperationException(called.getName());
            }
            action.run();
            return result;
        }));
    }

    @Test
    void a_session_that_an_error_keeps_from_beginning_is_closed() {
        Connection connection = only(
                Connection.class,
                "createStatement",
                () -> {
                    throw new OutOfMemoryError("for the first statement");
                },
                "");
        DatabaseUrl url = DatabaseUrl.parse("jdbc:h2:mem:jobs");
        try (DriverDataSource source = new DriverDataSource(
                new H2Dialect(url),
                only(Driver.class, "connect", () -> {}, connection),
                DatabaseSettings.defaults(),
                url,
                "set lock_timeout 20",
                Duration.ZERO)) {
            assertThatThrownBy(source::getConnection).isInstanceOf(OutOfMemoryError.class);
            assertThat(closed).hasValue(1);
        }
    }
}
