package dev.asyncjob.application.worker;

import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.claimFrom;
import static dev.asyncjob.testkit.Jobs.newJob;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.InterceptedJobStore.Intent;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.ForwardingJobStore;
import dev.asyncjob.testkit.Jobs;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** How {@link JobWorker} handles jobs of which its process may die. */
class WorkerSuspectTest extends WorkerFixture {
    @Test
    void a_suspect_waits_until_no_other_job_is_in_hand() throws InterruptedException {
        NewJob suspect = schedule(newJob().withMaxAttempts(2));
        assertThat(claimFrom(memory, 1)).hasSize(1);
        Semaphore othersBegun = new Semaphore(0);
        Semaphore suspectClaimed = new Semaphore(0);
        AtomicInteger running = new AtomicInteger();
        Queue<Integer> besideSuspect = new ConcurrentLinkedQueue<>();
        JobHandler handler = job -> {
            int now = running.incrementAndGet();
            if (job.suspect()) {
                besideSuspect.add(now);
                scheduleMany(4);
            } else {
                othersBegun.release();
                assertThat(gate.await(30, SECONDS)).isTrue();
            }
            running.decrementAndGet();
            return Jobs.DONE;
        };
        JobUseCases observed = JobUseCases.over(
                new ForwardingJobStore(store) {
                    @Override
                    public List<ClaimedJob> claim(Claim claim) {
                        List<ClaimedJob> claimed = super.claim(claim);
                        claimed.stream().filter(ClaimedJob::suspect).forEach(job -> suspectClaimed.release());
                        return claimed;
                    }
                },
                POLICY);
        JobWorker worker = new JobWorker(observed, signals, Map.of(KIND, handler), SETTINGS.withPollInterval(A_BLINK));
        workers.add(worker);
        List<NewJob> before = scheduleMany(2);
        worker.start();
        assertThat(othersBegun.tryAcquire(2, 30, SECONDS)).isTrue();

        clock.advance(LEASE.dividedBy(2));
        store.awaitFreshCall(Intent.RENEW);
        clock.advance(LEASE.dividedBy(2)); // the suspect's lease has run out, the others were renewed
        assertThat(suspectClaimed.tryAcquire(2, 30, SECONDS))
                .as("claimed, released after a second of waiting, and claimed again")
                .isTrue();
        assertThat(besideSuspect).isEmpty();
        gate.countDown();

        assertThat(endOf(suspect)).isInstanceOf(AsyncJob.Done.class);
        assertThat(besideSuspect).containsExactly(1);
        for (NewJob job : before) {
            assertThat(endOf(job)).isInstanceOf(AsyncJob.Done.class);
        }
        assertThat(othersBegun.tryAcquire(4, 30, SECONDS)).isTrue();
    }

    @Test
    void a_worker_tells_how_many_of_its_jobs_begin_at_once() throws InterruptedException {
        Semaphore started = new Semaphore(0);
        Queue<Integer> ready = new ConcurrentLinkedQueue<>();
        JobUseCases observed = JobUseCases.over(
                new ForwardingJobStore(memory) {
                    @Override
                    public List<ClaimedJob> claim(Claim claim) {
                        ready.add(claim.ready());
                        return super.claim(claim);
                    }
                },
                POLICY);
        JobWorker worker = new JobWorker(observed, signals, Map.of(KIND, waitingForGate(started)), SETTINGS);
        workers.add(worker);
        scheduleMany(3);
        worker.start();
        assertThat(started.tryAcquire(3, 30, SECONDS)).isTrue();
        scheduleMany(1);
        assertThat(started.tryAcquire(1, 30, SECONDS)).isTrue();

        assertThat(ready).startsWith(4).contains(1);
    }
}
