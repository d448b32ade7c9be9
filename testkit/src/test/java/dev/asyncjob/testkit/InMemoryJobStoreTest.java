package dev.asyncjob.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.Callback;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import java.time.Duration;
import org.junit.jupiter.api.Test;

public final class InMemoryJobStoreTest implements JobStoreContract {
    private final SettableClock clock = new SettableClock();
    private final InMemoryJobStore store = new InMemoryJobStore(POLICY, clock, new LocalJobSignals());

    @Override
    public JobStore store() {
        return store;
    }

    @Override
    public void timePasses(Duration duration) {
        clock.advance(duration);
    }

    @Test
    void a_job_ends_although_the_id_of_its_delivery_is_taken() {
        NewJob job = Jobs.newJob().withCallback();
        ClaimedJob claimed = Jobs.scheduledAndClaimed(store, job);
        JobId taken = new Callback(Jobs.OWNER, job.id(), JobStatus.DONE, store.now(), null).deliveryId();
        Jobs.accepted(store.schedule(NewJob.of(taken, Jobs.OWNER, Jobs.OTHER_KIND, Jobs.LINKS), Jobs.EXPECTED));

        Jobs.accepted(Jobs.settle(store, claimed, Jobs.DONE));

        assertThat(store.find(taken).orElseThrow().kind()).isEqualTo(Jobs.OTHER_KIND);
        assertThat(store.claim(Jobs.claim(10, Callback.KIND))).isEmpty();
    }
}
