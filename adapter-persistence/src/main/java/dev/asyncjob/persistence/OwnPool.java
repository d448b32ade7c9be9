package dev.asyncjob.persistence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool;
import dev.asyncjob.application.spi.JobSignals;
import java.time.Duration;

/** A pool of connections for the store alone, and one more that listens. Safe for use from any thread. */
final class OwnPool implements DatabaseAccess {
    private static final Duration CONNECTION_CHECK = Duration.ofMillis(400);

    /** The time that one attempt of the pool to connect is repeated; after it the next call starts another. */
    private static final Duration RECONNECTION = Duration.ofMinutes(1);

    private final Connections connections;
    private final H2KeepOpen keepOpen;
    private final DriverDataSource source;
    private final Eviction eviction = new Eviction();
    private final HikariDataSource pool;
    private final Transactions transactions;

    /** @param keepOpen is closed with the pool */
    OwnPool(Connections connections, H2KeepOpen keepOpen) {
        this.connections = connections;
        this.keepOpen = keepOpen;
        this.source = connections.store(RECONNECTION);
        this.pool = new HikariDataSource(poolOf(connections, source, eviction, this::evictAll));
        eviction.evicts(this::evictAll);
        HikariPool pooled = (HikariPool) pool.getHikariPoolMXBean(); // its own wait for a connection is fixed
        this.transactions = new PooledTransactions(
                atMost -> pooled.getConnection(Math.max(1, atMost.toMillis())),
                connections.settings().poolSize(),
                connections.dialect());
    }

    static HikariConfig poolOf(
            Connections connections, DriverDataSource source, Eviction eviction, Runnable onSilence) {
        HikariConfig config = new HikariConfig();
        config.setPoolName(connections.dialect().tables().channel());
        config.setDataSource(ConnectionChecks.observed(source, onSilence));
        config.setMaximumPoolSize(connections.settings().poolSize());
        config.setConnectionTimeout(PooledTransactions.CONNECTION_WAIT.toMillis());
        config.setValidationTimeout(CONNECTION_CHECK.toMillis());
        config.setInitializationFailTimeout(-1); // the check of the schema has just connected
        config.setExceptionOverride(eviction);
        if (connections.dialect().transactionSetup().isEmpty()) { // otherwise each transaction sets it
            config.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
        }
        return config;
    }

    /** Ends all connections: the idle ones now, the others after their calls. */
    private void evictAll() {
        pool.getHikariPoolMXBean().softEvictConnections();
    }

    @Override
    public SqlDialect dialect() {
        return connections.dialect();
    }

    @Override
    public Transactions transactions() {
        return transactions;
    }

    @Override
    public Runnable listen(Notifications notifications, JobSignals.Listener listener) {
        if (!dialect().listens()) {
            return () -> {};
        }
        DriverDataSource listening = connections.admin(RECONNECTION);
        NotificationListener result = NotificationListener.listen(listening, listening::close, notifications, listener);
        eviction.evicts(result::reconnect);
        return result::close;
    }

    @Override
    public void measure(Object registry) {
        pool.setMetricRegistry(registry);
    }

    @Override
    public void close() {
        source.close();
        pool.close();
        keepOpen.close();
    }
}
