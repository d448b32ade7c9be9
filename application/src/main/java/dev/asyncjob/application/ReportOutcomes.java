package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.SettleResult;
import java.util.List;
import java.util.Optional;

/** Reports how many attempts ended. */
@FunctionalInterface
public interface ReportOutcomes {
    /**
     * Settles those that can be settled together without waiting for anybody. Repeating a report is harmless.
     *
     * @param reports some hundred at once
     * @return in the same order; empty where nothing was done, because somebody else has the job in hand at this
     *     instant or it is here twice: report that one by itself, through {@link JobUseCases#settle}
     * @throws StoreUnavailable if the store cannot be reached; report again
     */
    List<Optional<SettleResult>> of(List<OutcomeReport> reports);
}
