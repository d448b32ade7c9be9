package dev.asyncjob.persistence;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * Reports when the pool's check of a connection gets no answer in time: its line is cut without a packet, most likely
 * those of the other idle connections too, and a check of each takes as long.
 */
final class ConnectionChecks {
    /** A check that fails sooner has got an answer, such as that the server has ended this session. */
    private static final Duration NO_ANSWER = Duration.ofMillis(200);

    private ConnectionChecks() {}

    /** Returns the same source of connections, of which silently failed checks are reported to {@code onSilence}. */
    static DataSource observed(DataSource source, Runnable onSilence) {
        return proxy(DataSource.class, (proxy, method, arguments) -> {
            Object result = method.invoke(source, arguments);
            return result instanceof Connection connection ? observed(connection, onSilence) : result;
        });
    }

    private static Connection observed(Connection connection, Runnable onSilence) {
        return proxy(Connection.class, (proxy, method, arguments) -> {
            if (!method.getName().equals("isValid")) {
                return method.invoke(connection, arguments);
            }
            long start = System.nanoTime();
            boolean valid = connection.isValid((Integer) arguments[0]);
            if (!valid && System.nanoTime() - start > NO_ANSWER.toNanos()) {
                onSilence.run();
            }
            return valid;
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        InvocationHandler unwrapping = (proxy, method, arguments) -> {
            try {
                return handler.invoke(proxy, method, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        };
        return type.cast(
                Proxy.newProxyInstance(ConnectionChecks.class.getClassLoader(), new Class<?>[] {type}, unwrapping));
    }
}
