package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A row that somebody else changed to what no job can be. */
final class CorruptRowTest {
    @Test
    void what_a_row_says_is_never_the_fault_of_who_asks() {
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
