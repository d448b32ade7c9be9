package dev.asyncjob.benchmark;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** JMH benchmark of finding one of 10,000 jobs in the store, on H2 in memory. */
@State(Scope.Benchmark)
public class FindMicro {
    private static final Owner OWNER = new Owner(Jobs.OWNER);

    private final JobDatabase database =
            JobDatabase.open(DatabaseSettings.defaults().withUrl("jdbc:h2:mem:micro"), WorkPolicy.defaults());
    private List<JobId> ids = List.of();

    /** Fills the database; not in the constructor, which must not throw. */
    @Setup
    public void fill() throws SQLException {
        Jobs.pending(database.url(), 10_000, 1);
        ids = Sql.texts(database.url(), "select cast(id as varchar) from asyncjob.job").stream()
                .map(JobId::parse)
                .toList();
    }

    @Benchmark
    public Object find() {
        return database.store().find(OWNER, ids.get(ThreadLocalRandom.current().nextInt(ids.size())));
    }

    @TearDown
    public void close() {
        database.close();
    }
}
