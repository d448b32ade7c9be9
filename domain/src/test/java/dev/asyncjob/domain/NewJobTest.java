package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.LINKS;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.RESULT;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NewJobTest {
    private static final NewJob JOB = NewJob.of(ID, OWNER, KIND, LINKS);
    private static final Owner SCHEDULER = new Owner("hospital-1");
    private static final Duration EXPECTED = Duration.ofSeconds(8);
    private static final TraceContext TRACE =
            new TraceContext("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "congo=t61rcWkgMzE");

    @Test
    void by_default_it_is_due_at_once_without_a_payload_and_with_the_services_attempts() {
        assertThat(JOB)
                .isEqualTo(new NewJob(
                        ID,
                        OWNER,
                        KIND,
                        LINKS,
                        Payload.NONE,
                        Instant.EPOCH,
                        null,
                        null,
                        null,
                        null,
                        null,
                        false,
                        null,
                        null));
    }

    @Test
    void each_with_method_changes_one_property() {
        Payload payload = new Payload("{}");

        IdempotencyKey key = IdempotencyKey.of(OWNER, "key", "request");

        Reference reference = new Reference("order 17");
        NewJob all =
                new NewJob(ID, OWNER, KIND, LINKS, payload, NOW, 7, key, SCHEDULER, reference, null, true, TRACE, null);
        assertThat(JOB.withPayload(payload)
                        .notBefore(NOW)
                        .withMaxAttempts(7)
                        .withIdempotencyKey(key)
                        .scheduledBy(SCHEDULER)
                        .withReference(reference)
                        .withCallback()
                        .withTrace(TRACE))
                .isEqualTo(all);
        assertThat(JOB.withTrace(TRACE)
                        .withCallback()
                        .withReference(reference)
                        .scheduledBy(SCHEDULER)
                        .withIdempotencyKey(key)
                        .withMaxAttempts(7)
                        .notBefore(NOW)
                        .withPayload(payload))
                .isEqualTo(all);
    }

    @Test
    void a_trace_is_no_part_of_the_content() {
        assertThat(JOB.withTrace(TRACE).fingerprint()).isEqualTo(JOB.fingerprint());
        assertThat(JOB.withTrace(TRACE).withTrace(null)).isEqualTo(JOB);
    }

    @Test
    void a_job_may_be_born_leased() {
        WorkerId worker = new WorkerId("w");
        NewJob leased = JOB.leasedTo(worker, Duration.ofSeconds(10, 1_999));

        assertThat(leased.leaseFrom(NOW))
                .isEqualTo(
                        new Lease(LeaseToken.FIRST, worker, NOW.plusSeconds(10).plusNanos(1_000)));
        assertThat(leased.withReference(new Reference("17"))
                        .notBefore(Instant.EPOCH)
                        .withMaxAttempts(1)
                        .lease())
                .isEqualTo(leased.lease());
        assertThat(JOB.leaseFrom(NOW)).isNull();
        assertRefused(() -> JOB.leasedTo(worker, Duration.ofMillis(999)));
        assertRefused(() -> JOB.leasedTo(worker, Duration.ofSeconds(3601)));
    }

    @Test
    void a_job_that_is_born_leased_begins_at_once() {
        WorkerId worker = new WorkerId("w");
        assertRefused(() -> JOB.notBefore(NOW).leasedTo(worker, Lease.MIN))
                .satisfies(e -> assertThat(e).hasMessage("a job that is born leased has no notBefore"));
        assertRefused(() -> JOB.leasedTo(worker, Lease.MIN).notBefore(NOW));
    }

    @Test
    void accepted_it_is_pending_from_now_on() {
        assertThat(JOB.acceptedAt(NOW, EXPECTED))
                .isEqualTo(new AsyncJob.Pending(ID, OWNER, KIND, LINKS, NOW, Eta.after(NOW, EXPECTED)));
    }

    @Test
    void accepted_for_later_its_forecast_starts_later() {
        Instant begin = NOW.plusSeconds(60);

        assertThat(JOB.notBefore(begin).acceptedAt(NOW, EXPECTED))
                .isEqualTo(new AsyncJob.Pending(ID, OWNER, KIND, LINKS, NOW, Eta.after(begin, EXPECTED)));
    }

    @Test
    void a_start_in_the_past_means_now() {
        assertThat(JOB.notBefore(NOW.minusSeconds(60)).acceptedAt(NOW, EXPECTED).eta())
                .isEqualTo(Eta.after(NOW, EXPECTED));
    }

    @Test
    void the_number_of_attempts_has_bounds() {
        assertThat(JOB.withMaxAttempts(1).maxAttempts()).isEqualTo(1);
        assertThat(JOB.withMaxAttempts(Attempts.MAX).maxAttempts()).isEqualTo(Attempts.MAX);
        assertRefused(() -> JOB.withMaxAttempts(0));
        assertRefused(() -> JOB.withMaxAttempts(Attempts.MAX + 1));
    }

    @Test
    void the_latest_start_allows_a_forecast_with_a_four_digit_year() {
        Instant end = JOB.notBefore(NewJob.LATEST)
                .acceptedAt(NOW, Eta.MAX_EXPECTED)
                .eta()
                .planned();

        assertThat(end.toString()).startsWith("99");
        assertRefused(() -> JOB.notBefore(NewJob.LATEST.plusNanos(1)))
                .satisfies(e -> assertThat(e).hasMessage("notBefore must be 9900-01-01T00:00:00Z at the latest"))
                .satisfies(e -> assertThat(e.params()).containsExactly("9900-01-01T00:00:00Z"));
        assertRefused(() -> JOB.notBefore(Instant.MAX));
    }

    @Test
    void equal_content_has_an_equal_fingerprint_for_any_id() {
        NewJob other =
                NewJob.of(JobId.parse("00000000-0000-0000-0000-000000000000"), new Owner("clinic-7"), KIND, LINKS);

        assertThat(JOB.fingerprint()).isEqualTo(other.fingerprint()).matches("[0-9a-f]{64}");
    }

    @Test
    void any_difference_in_content_changes_the_fingerprint() {
        List<String> fingerprints = Stream.of(
                        JOB,
                        NewJob.of(ID, new Owner("clinic-8"), KIND, LINKS),
                        NewJob.of(ID, OWNER, new JobKind("other"), LINKS),
                        NewJob.of(ID, OWNER, KIND, RESULT),
                        JOB.withPayload(new Payload("{}")),
                        JOB.notBefore(NOW),
                        JOB.withMaxAttempts(5),
                        JOB.leasedTo(new WorkerId("w"), Duration.ofSeconds(10)),
                        JOB.leasedTo(new WorkerId("v"), Duration.ofSeconds(10)),
                        JOB.leasedTo(new WorkerId("w"), Duration.ofSeconds(11)),
                        JOB.leasedTo(new WorkerId("w"), Duration.ofSeconds(10)).withReference(new Reference("5")),
                        JOB.leasedTo(new WorkerId("w"), Duration.ofSeconds(10)).scheduledBy(OWNER),
                        JOB.withReference(new Reference("5")),
                        JOB.withReference(new Reference("5")).scheduledBy(OWNER),
                        JOB.scheduledBy(new Owner("reference")),
                        JOB.withCallback(),
                        JOB.withReference(new Reference("5")).withCallback(),
                        JOB.leasedTo(new WorkerId("w"), Duration.ofSeconds(10)).withCallback(),
                        JOB.scheduledBy(OWNER).withCallback(),
                        JOB.scheduledBy(new Owner("callback")),
                        JOB.scheduledBy(OWNER),
                        JOB.scheduledBy(SCHEDULER))
                .map(NewJob::fingerprint)
                .toList();

        assertThat(fingerprints).doesNotHaveDuplicates();
    }

    /** The digests were taken before jobs had references. */
    @Test
    void without_a_reference_the_fingerprint_is_what_it_always_was() {
        assertThat(JOB.fingerprint()).isEqualTo("5dfe8c2efa8b2472dfc0bab406939baa1948650708868b4cc6d07f6bbdfc54d5");
        assertThat(JOB.scheduledBy(SCHEDULER).fingerprint())
                .isEqualTo("b29be844082c76bdf5a79f565c26f1a18b7e7ab68463d758bb799251d8e4b1b5");
    }

    @Test
    void before_schedulers_were_kept_a_job_of_its_owner_had_a_fingerprint_without_one() {
        assertThat(JOB.earlierFingerprint()).isEqualTo(JOB.fingerprint());
        assertThat(JOB.scheduledBy(OWNER).earlierFingerprint()).isEqualTo(JOB.fingerprint());
        assertThat(JOB.scheduledBy(SCHEDULER).earlierFingerprint()).isNotEqualTo(JOB.fingerprint());
    }
}
