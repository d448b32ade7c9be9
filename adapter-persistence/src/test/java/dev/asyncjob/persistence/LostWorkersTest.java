package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Workers that are suspended or killed, as processes of their own on one PostgreSQL. */
class LostWorkersTest {
    private static final Duration LEASE = Duration.ofSeconds(2);

    private static JobDatabase open(String url) {
        return JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY);
    }

    /** Claims one job and, after a line on its input, reports that it failed. */
    static final class Sleeper {
        private Sleeper() {}

        public static void main(String[] arguments) throws IOException {
            JobStore store = open(arguments[0]).store();
            Claim claim = new Claim(new WorkerId("sleeper"), Set.of(KIND), 1, LEASE);
            ClaimedJob claimed = store.claim(claim).get(0);
            System.out.println("claimed");
            System.in.read();
            SettleResult settlement = settle(store, claimed, Outcome.failed(new Failure("from the suspended worker")));
            System.out.println(settlement.<String>fold(a -> "accepted", r -> "refused", () -> "unknown"));
        }
    }

    @Test
    @Tag("soak")
    void a_worker_suspended_past_its_lease_is_refused_and_no_status_goes_back() throws Exception {
        String url = PostgresServer.shared().newDatabase();
        try (JobDatabase database = open(url)) {
            JobId id = accepted(database.store().schedule(newJob(), EXPECTED))
                    .job()
                    .id();
            try (JavaProcess sleeper = JavaProcess.of(Sleeper.class, url).start()) {
                assertThat(sleeper.nextLine()).isEqualTo("claimed");
                sleeper.suspend();
                AtomicBoolean over = new AtomicBoolean();
                CompletableFuture<Set<Object>> seen =
                        CompletableFuture.supplyAsync(() -> distinctStates(database.store(), id, over));

                ClaimedJob second = awaitClaim(database.store());
                JobSnapshot done = accepted(settle(database.store(), second, Jobs.DONE));
                sleeper.resume();
                sleeper.writeLine("report");

                assertThat(sleeper.nextLine()).isEqualTo("refused");
                over.set(true);
                assertThat(read(database.store(), id).job()).isEqualTo(done.job());
                assertThat(seen.join()).hasSize(2).endsWith(done.job());
            }
        }
    }

    private static Set<Object> distinctStates(JobStore store, JobId id, AtomicBoolean over) {
        Set<Object> seen = new LinkedHashSet<>();
        while (!over.get()) {
            seen.add(read(store, id).job());
        }
        seen.add(read(store, id).job());
        return seen;
    }

    private static JobSnapshot read(JobStore store, JobId id) {
        return store.find(OWNER, id).orElseThrow();
    }

    private static ClaimedJob awaitClaim(JobStore store) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        List<ClaimedJob> claimed = Jobs.claimFrom(store, 1);
        while (claimed.isEmpty() && System.nanoTime() < end) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            claimed = Jobs.claimFrom(store, 1);
        }
        return claimed.get(0);
    }

    /** Ends its process from within a handler, while another handler runs and a shutdown hook closes the worker. */
    static final class Exiting {
        private Exiting() {}

        public static void main(String[] arguments) {
            JobDatabase database = open("jdbc:h2:mem:exiting");
            JobUseCases jobs = JobUseCases.over(database.store(), JobStoreContract.POLICY);
            jobs.scheduleAll(List.of(newJob(), newJob()));
            CountDownLatch both = new CountDownLatch(2);
            JobHandler handler = job -> {
                both.countDown();
                both.await();
                System.exit(3);
                return Jobs.DONE;
            };
            WorkerSettings settings = WorkerSettings.named("exiting").withStopTimeout(Duration.ofMillis(100));
            JobWorker worker = new JobWorker(jobs, database.signals(), Map.of(KIND, handler), settings);
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                worker.close();
                System.out.println(Jobs.claimFrom(database.store(), 10).size() + " released");
            }));
            worker.start();
        }
    }

    @Test
    void a_handler_that_exits_its_process_blocks_neither_the_exit_nor_the_release_of_jobs() {
        try (JavaProcess process = JavaProcess.of(Exiting.class).start()) {
            assertThat(process.nextLine()).isEqualTo("2 released");
            assertThat(process.waitFor(Duration.ofSeconds(30))).isEqualTo(3);
        }
    }

    /** Claims eight jobs and finishes none. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) {
            JobDatabase database = open(arguments[0]);
            JobUseCases jobs = JobUseCases.over(database.store(), JobStoreContract.POLICY);
            CountDownLatch never = new CountDownLatch(1);
            new JobWorker(
                            jobs,
                            database.signals(),
                            Map.of(KIND, job -> {
                                System.out.println(job.job().id());
                                never.await();
                                return Jobs.DONE;
                            }),
                            WorkerSettings.named("holder").withLease(LEASE))
                    .start();
        }
    }

    @Test
    void the_jobs_of_a_killed_worker_are_claimed_within_lease_and_a_second() throws Exception {
        String url = PostgresServer.shared().newDatabase();
        int jobs = 8;
        try (JobDatabase database = open(url)) {
            for (int i = 0; i < jobs; i++) {
                accepted(database.store().schedule(newJob(), EXPECTED));
            }
            Set<JobId> held = new HashSet<>();
            BlockingQueue<JobId> taken = new LinkedBlockingQueue<>();
            try (JavaProcess holder = JavaProcess.of(Holder.class, url).start();
                    JobWorker other = new JobWorker(
                            JobUseCases.over(database.store(), JobStoreContract.POLICY),
                            database.signals(),
                            Map.of(KIND, job -> {
                                taken.add(job.job().id());
                                return Jobs.DONE;
                            }),
                            WorkerSettings.named("other"))) {
                while (held.size() < jobs) {
                    held.add(JobId.parse(String.valueOf(holder.nextLine())));
                }
                other.start();
                holder.kill();
                long killed = System.nanoTime();

                Set<JobId> saved = new HashSet<>();
                while (saved.size() < jobs) {
                    JobId next = taken.poll(30, TimeUnit.SECONDS);
                    assertThat(next).isNotNull();
                    saved.add(next);
                }
                Duration longest = Duration.ofNanos(System.nanoTime() - killed);

                System.out.printf(
                        "LostWorkersTest: %d jobs of a killed worker, lease %d ms, all claimed after %d ms%n",
                        jobs, LEASE.toMillis(), longest.toMillis());
                assertThat(saved).isEqualTo(held);
                assertThat(longest).isLessThanOrEqualTo(LEASE.plusSeconds(1));
            }
        }
    }
}
