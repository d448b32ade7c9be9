package dev.asyncjob.benchmark;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** asyncjob's store on PostgreSQL, filled with jobs and called by one thread. */
final class FilledStore implements AutoCloseable {
    private static final int BATCH = 10;
    private static final int CALLS = 50;
    private static final int READS = 1_000;
    private static final int CHUNK = 1_000_000;

    private static final Owner OWNER = new Owner(Jobs.OWNER);
    private static final Claim CLAIM =
            new Claim(new WorkerId("bench"), Set.of(new JobKind(Jobs.KIND)), BATCH, Duration.ofMinutes(5));
    private static final Outcome DONE =
            Outcome.completed(ResourceLinks.of(new ResourceLink("eHealth/composition", "composition/7")));

    private final String url;
    private final JobDatabase database;
    private final JobStore store;
    private final List<String> ids;
    private final Random random = new Random(42);

    /** Opens the store with {@code finished} ended jobs and {@code pending} due jobs. */
    FilledStore(String url, int finished, int pending) throws SQLException {
        this.url = url;
        this.database = JobDatabase.open(DatabaseSettings.defaults().withUrl(url), WorkPolicy.defaults());
        this.store = database.store();
        for (int left = finished; left > 0; left -= CHUNK) {
            Jobs.done(url, Math.min(left, CHUNK));
        }
        Jobs.pending(url, pending, 0);
        Sql.execute(url, "vacuum analyze", "checkpoint");
        double percent = Math.min(100, 100.0 * CHUNK / 10 / finished);
        ids = Sql.texts(
                url,
                "select cast(id as varchar) from asyncjob.job tablesample bernoulli (" + percent
                        + ") where status = 'DONE'");
    }

    long bytesOfJobs() throws SQLException {
        return Sql.number(url, "select pg_total_relation_size('asyncjob.job')");
    }

    /** Returns the microseconds per claim, and releases the claimed jobs. */
    double claim() {
        long start = System.nanoTime();
        List<ClaimedJob> claimed = claimAll();
        double micros = micros(start, CALLS);
        claimed.forEach(job -> store.release(job.job().id(), job.lease().token()));
        return micros;
    }

    /** Returns the microseconds per settlement, and inserts as many new jobs. */
    double settle() throws SQLException {
        List<ClaimedJob> claimed = claimAll();
        long start = System.nanoTime();
        for (ClaimedJob job : claimed) {
            Lease lease = job.lease();
            store.settle(new OutcomeReport(job.job().id(), lease.token(), DONE));
        }
        double micros = micros(start, claimed.size());
        Jobs.pending(url, claimed.size(), 0);
        return micros;
    }

    /** Returns the microseconds per read of a random job. */
    double read() {
        long start = System.nanoTime();
        for (int i = 0; i < READS; i++) {
            JobId id = JobId.parse(ids.get(random.nextInt(ids.size())));
            if (store.find(OWNER, id).isEmpty()) {
                throw new IllegalStateException("not found: " + id);
            }
        }
        return micros(start, READS);
    }

    private List<ClaimedJob> claimAll() {
        List<ClaimedJob> claimed = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            List<ClaimedJob> batch = store.claim(CLAIM);
            if (batch.size() < BATCH) {
                throw new IllegalStateException("only " + batch.size() + " jobs are due");
            }
            claimed.addAll(batch);
        }
        return claimed;
    }

    private static double micros(long start, int calls) {
        return (System.nanoTime() - start) / 1e3 / calls;
    }

    @Override
    public void close() {
        database.close();
    }
}
