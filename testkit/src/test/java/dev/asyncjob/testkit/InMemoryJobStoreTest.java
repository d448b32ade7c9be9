package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import java.time.Duration;

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
}
