package dev.asyncjob.testkit;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.application.spi.LocalJobSignals;
import java.time.Duration;

public final class InMemoryJobSignalsTest implements JobSignalsContract {
    private final SettableClock clock = new SettableClock();
    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore store = new InMemoryJobStore(JobStoreContract.POLICY, clock, signals);

    @Override
    public JobStore store() {
        return store;
    }

    @Override
    public void timePasses(Duration duration) {
        clock.advance(duration);
    }

    @Override
    public JobSignals signals() {
        return signals;
    }
}
