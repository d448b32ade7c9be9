package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A row whose values break the rules of the domain. */
final class CorruptRowTest {
    @Test
    void a_corrupt_row_is_an_internal_error_and_not_the_callers() {
        for (String damage : List.of("kind = ''", "link_entities = array['no such entity!']")) {
            try (TestDatabase database = TestDatabase.at("jdbc:h2:mem:")) {
                JobStore store = database.jobs().store();
                NewJob job = Jobs.newJob();
                Jobs.accepted(store.schedule(job, Jobs.EXPECTED));
                database.execute("update asyncjob.job set " + damage);

                assertThatIllegalStateException()
                        .isThrownBy(() -> store.find(job.owner(), job.id()))
                        .withCauseInstanceOf(InvalidValueException.class);
                assertThatIllegalStateException().isThrownBy(() -> Jobs.claimFrom(store, 1));
            }
        }
    }
}
