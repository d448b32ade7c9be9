package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Eight workers on two nodes share many jobs: each is settled once, none is left. */
class ManyWorkersTest {
    private static final int JOBS = Integer.getInteger("work.jobs", 500);
    private static final int WORKERS = 8;

    @Test
    void on_h2_in_memory() throws Exception {
        eightWorkersShareTheJobs("h2 in memory", "jdbc:h2:mem:many-workers");
    }

    @Test
    void on_an_h2_file(@TempDir Path folder) throws Exception {
        eightWorkersShareTheJobs("h2 file", "jdbc:h2:file:" + folder.resolve("jobs"));
    }

    @Test
    void on_postgresql() throws Exception {
        eightWorkersShareTheJobs("postgresql", PostgresServer.shared().newDatabase());
    }

    private static void eightWorkersShareTheJobs(String name, String url) throws Exception {
        try (TestDatabase database = TestDatabase.at(url);
                JobDatabase otherNode = database.openAgain()) {
            List<JobId> jobs = IntStream.range(0, JOBS)
                    .parallel()
                    .mapToObj(n -> accepted(database.jobs().store().schedule(newJob(), EXPECTED))
                            .job()
                            .id())
                    .toList();
            Map<JobId, AtomicInteger> settled = new ConcurrentHashMap<>();
            CountDownLatch left = new CountDownLatch(JOBS);
            long start = System.nanoTime();

            List<JobWorker> workers = new ArrayList<>();
            for (int i = 0; i < WORKERS; i++) {
                JobDatabase node = i % 2 == 0 ? database.jobs() : otherNode;
                workers.add(worker("worker-" + i, node, settled, left));
            }
            workers.forEach(JobWorker::start);
            boolean all = left.await(5, TimeUnit.MINUTES);
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            workers.forEach(JobWorker::close);

            System.out.printf(
                    "ManyWorkersTest -Dwork.jobs=%d on %s: %d jobs/s%n",
                    JOBS, name, JOBS * 1000L / Math.max(1, millis));
            assertThat(all).isTrue();
            assertThat(settled).hasSize(JOBS);
            assertThat(settled.values()).allSatisfy(times -> assertThat(times).hasValue(1));
            assertThat(database.query("select job_id from asyncjob.work")).isEmpty();
            assertThat(jobs)
                    .allSatisfy(id ->
                            assertThat(statusOf(database.jobs().store(), id)).isEqualTo(JobStatus.DONE));
        }
    }

    private static JobStatus statusOf(JobStore store, JobId id) {
        return store.find(Jobs.OWNER, id).orElseThrow().job().status();
    }

    /** A worker whose accepted outcomes are counted. */
    private static JobWorker worker(
            String name, JobDatabase node, Map<JobId, AtomicInteger> settled, CountDownLatch left) {
        JobUseCases counting = JobUseCases.over(
                new ForwardingJobStore(node.store()) {
                    @Override
                    public SettleResult settle(OutcomeReport report) {
                        SettleResult verdict = super.settle(report);
                        count(report.id(), verdict, settled, left);
                        return verdict;
                    }

                    @Override
                    public List<Optional<SettleResult>> settleBatch(List<OutcomeReport> reports) {
                        List<Optional<SettleResult>> verdicts = super.settleBatch(reports);
                        for (int i = 0; i < reports.size(); i++) {
                            JobId id = reports.get(i).id();
                            verdicts.get(i).ifPresent(verdict -> count(id, verdict, settled, left));
                        }
                        return verdicts;
                    }
                },
                JobStoreContract.POLICY);
        return new JobWorker(counting, node.signals(), Map.of(KIND, job -> Jobs.DONE), WorkerSettings.named(name));
    }

    private static void count(JobId id, SettleResult verdict, Map<JobId, AtomicInteger> settled, CountDownLatch left) {
        if (verdict instanceof SettleResult.Accepted) {
            settled.computeIfAbsent(id, first -> new AtomicInteger()).incrementAndGet();
            left.countDown();
        }
    }
}
