package dev.asyncjob.persistence;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Runs a task on a schema of PostgreSQL in one transaction, however many connections and transactions it asks for, and
 * leaves the session as it was: behind a pooler, another client gets the session next. A process that dies leaves
 * nothing.
 *
 * <p>Flyway sets {@code search_path} and the role of each of its sessions, and has no option to leave them alone. Only
 * one such task runs at a time, on any node. For use by one thread.
 */
final class OneTransaction {
    /**
     * How long a change of a table waits for its lock. All readers of the table wait behind it, and those of the store
     * give up after {@link LockQueue#SHORT_WAIT}.
     */
    private static final Duration LOCK_WAIT = LockQueue.SHORT_WAIT.dividedBy(5);

    /** Takes a lock until the end of the transaction; the number is {@code asyncjob} in ASCII. */
    private static final String BEGIN =
            "set transaction isolation level read committed; select pg_advisory_xact_lock(x'6173796e636a6f62'::bigint);"
                    + " set local lock_timeout = '" + LOCK_WAIT.toMillis() + "ms'";

    private static final String PATH = "select current_setting('search_path')";

    private static final String END = "reset search_path; reset role";

    /** An application that lends its connections may have set another path than that of the role. */
    private static final String RESTORE =
            "select set_config('search_path', ?, false) where current_setting('search_path') <> ?";

    private final Connection connection;
    private boolean autoCommit = true;

    private OneTransaction(Connection connection) {
        this.connection = connection;
    }

    /** @param task gets the source of the only connection; its failure rolls everything back */
    static <T> T run(DataSource source, Function<DataSource, T> task) throws SQLException {
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            boolean before = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                String path = path(statement);
                statement.execute(BEGIN);
                Connection shared = new OneTransaction(connection).proxy(Connection.class, connection);
                T result = task.apply(new OneTransaction(shared).proxy(DataSource.class, source));
                statement.execute(END);
                restore(connection, path);
                connection.commit();
                return result;
            } finally {
                connection.rollback();
                connection.setAutoCommit(before);
            }
        }
    }

    private static String path(Statement statement) throws SQLException {
        try (ResultSet rs = statement.executeQuery(PATH)) {
            rs.next();
            return rs.getString(1);
        } finally {
            statement.getConnection().rollback(); // so that the isolation can be set
        }
    }

    private static void restore(Connection connection, String path) throws SQLException {
        try (PreparedStatement restored = connection.prepareStatement(RESTORE)) {
            restored.setString(1, path);
            restored.setString(2, path);
            restored.execute();
        }
    }

    private <T> T proxy(Class<T> type, T real) {
        InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
            case "getConnection" -> connection;
            case "close", "commit" -> null;
            case "getAutoCommit" -> autoCommit;
            case "setAutoCommit" -> {
                autoCommit = (boolean) arguments[0];
                yield null;
            }
            default -> invoke(method, real, arguments);
        };
        return type.cast(Proxy.newProxyInstance(OneTransaction.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object invoke(Method method, Object real, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(real, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
