package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LeaseExtensionTest {
    @Test
    void only_its_length_is_required() {
        assertThat(LeaseExtension.of(Lease.MIN)).isEqualTo(new LeaseExtension(Lease.MIN, null, null));
    }

    @Test
    void its_length_has_the_bounds_of_a_lease() {
        assertThat(LeaseExtension.of(Lease.MAX).length()).isEqualTo(Lease.MAX);
        assertRefused(() -> LeaseExtension.of(Lease.MIN.minusNanos(1)));
        assertRefused(() -> LeaseExtension.of(Lease.MAX.plusNanos(1)));
    }

    @Test
    void its_eta_can_be_written() {
        assertThat(new LeaseExtension(Lease.MIN, NewJob.LATEST, null).eta()).isEqualTo(NewJob.LATEST);
        assertThat(new LeaseExtension(Lease.MIN, NOW, null).eta()).isEqualTo(NOW);
        assertRefused(() -> new LeaseExtension(Lease.MIN, NewJob.LATEST.plusNanos(1), null));
    }

    @Test
    void its_progress_is_in_percent() {
        assertThat(Stream.of(0.0, 12.5, 100.0))
                .allSatisfy(progress -> assertThat(new LeaseExtension(Lease.MIN, null, progress).progress())
                        .isEqualTo(progress));
        assertThat(Stream.of(-0.1, 100.1, Double.NaN, Double.POSITIVE_INFINITY))
                .allSatisfy(progress -> assertRefused(() -> new LeaseExtension(Lease.MIN, null, progress)));
    }

    @Test
    void it_changes_the_job_if_it_says_more_than_its_length() {
        assertThat(LeaseExtension.of(Lease.MIN).changesJob()).isFalse();
        assertThat(new LeaseExtension(Lease.MIN, NOW, null).changesJob()).isTrue();
        assertThat(new LeaseExtension(Lease.MIN, null, 1.0).changesJob()).isTrue();
        assertThat(new LeaseExtension(Lease.MIN, null, null, "m").changesJob()).isTrue();
    }

    @Test
    void its_message_is_part_of_the_statement_and_not_of_its_text() {
        LeaseExtension extension = new LeaseExtension(Lease.MIN, null, 12.5, "patient 7");

        assertThat(extension.statement()).isEqualTo(new Statement(12.5, "patient 7"));
        assertThat(LeaseExtension.of(Lease.MIN).statement()).isEqualTo(Statement.NONE);
        assertThat(extension.toString())
                .isEqualTo("LeaseExtension[length=PT1S, eta=null,"
                        + " Statement[progress=12.5, message of 9 characters]]");
        assertRefused(() -> new LeaseExtension(Lease.MIN, null, null, ""));
    }
}
