package dev.asyncjob.benchmark;

import com.github.kagkarlsson.scheduler.Scheduler;
import com.github.kagkarlsson.scheduler.SchedulerBuilder;
import com.github.kagkarlsson.scheduler.SchedulerClient;
import com.github.kagkarlsson.scheduler.task.TaskInstance;
import com.github.kagkarlsson.scheduler.task.helper.OneTimeTask;
import com.github.kagkarlsson.scheduler.task.helper.Tasks;
import java.io.Closeable;
import java.sql.SQLException;
import java.time.Instant;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;

/**
 * db-scheduler. The fastest settings are those that its documentation recommends for high throughput: lock-and-fetch
 * with limits of 1.0 and 4.0 (PostgreSQL only; H2 does not support it), and immediate execution.
 */
final class DbSchedulerSystem implements JobSystem {
    private static final String TABLE = """
            create table scheduled_tasks (
                task_name varchar(100) not null, task_instance varchar(100) not null, task_data %s,
                execution_time timestamp(6) with time zone not null, picked boolean not null, picked_by varchar(50),
                last_success timestamp(6) with time zone, last_failure timestamp(6) with time zone,
                consecutive_failures int, last_heartbeat timestamp(6) with time zone, version bigint not null,
                priority smallint, primary key (task_name, task_instance))
            """;

    private final String url;
    private final DataSource source;
    private final boolean fastest;
    private volatile Runnable handler = () -> {};
    private final OneTimeTask<Void> task = Tasks.oneTime(Jobs.KIND).execute((instance, context) -> handler.run());
    private SchedulerClient client;

    /** @param fastest whether to use the fastest documented settings instead of the defaults */
    DbSchedulerSystem(String url, boolean fastest) throws SQLException {
        this.url = url;
        this.source = Sql.pool(url, THREADS);
        this.fastest = fastest;
        this.client = SchedulerClient.Builder.create(source, task).build();
        Sql.execute(
                url,
                TABLE.formatted(isPostgres() ? "bytea" : "blob"),
                "create index execution_time_idx on scheduled_tasks (execution_time)",
                "create index last_heartbeat_idx on scheduled_tasks (last_heartbeat)");
    }

    private boolean isPostgres() {
        return url.startsWith("jdbc:postgresql:");
    }

    @Override
    public void preload(int count) throws SQLException {
        scheduleMany(count);
        if (isPostgres()) {
            Sql.execute(url, "analyze scheduled_tasks");
        }
    }

    @Override
    public void scheduleOne() {
        client.scheduleIfNotExists(newInstance(), Instant.now());
    }

    @Override
    public void scheduleMany(int count) {
        Stream<TaskInstance<?>> all =
                Stream.generate(this::newInstance).limit(count).map(instance -> instance);
        client.scheduleBatch(all, Instant.now());
    }

    private TaskInstance<Void> newInstance() {
        return task.instance(UUID.randomUUID().toString());
    }

    @Override
    public Closeable work(Runnable eachJob) {
        handler = eachJob;
        SchedulerBuilder builder = Scheduler.create(source, task).threads(THREADS);
        if (fastest) {
            builder.enableImmediateExecution();
            if (isPostgres()) {
                builder.pollUsingLockAndFetch(1.0, 4.0);
            }
        }
        Scheduler scheduler = builder.build();
        scheduler.start();
        client = scheduler; // immediate execution applies only to tasks scheduled through the scheduler itself
        return scheduler::stop;
    }

    @Override
    public boolean isUnfinished() throws SQLException {
        return Sql.number(url, "select count(*) from scheduled_tasks") > 0;
    }

    @Override
    public void clear() throws SQLException {
        Sql.execute(url, "truncate table scheduled_tasks");
    }
}
