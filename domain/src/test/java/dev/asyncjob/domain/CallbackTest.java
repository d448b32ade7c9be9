package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.ID;
import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class CallbackTest {
    private static final Callback CALLBACK =
            new Callback(OWNER, ID, JobStatus.DONE, NOW.plusNanos(999_999), new Reference("order 17"));

    @Test
    void its_payload_is_an_object_of_its_values() {
        assertThat(CALLBACK.payload().json())
                .isEqualTo("{\"client\":\"clinic-7\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\","
                        + "\"status\":\"DONE\",\"endedAt\":\"2022-10-24T12:35:49.956Z\",\"reference\":\"order 17\"}");
    }

    @Test
    void without_a_reference_its_payload_has_none() {
        assertThat(new Callback(OWNER, ID, JobStatus.FAILED, Instant.parse("2026-01-02T03:04:05Z"), null)
                        .payload()
                        .json())
                .isEqualTo("{\"client\":\"clinic-7\",\"id\":\"89678f60-4cdc-4fe3-ae83-e8b3ebd35c59\","
                        + "\"status\":\"FAILED\",\"endedAt\":\"2026-01-02T03:04:05.000Z\"}");
    }

    @Test
    void quotes_backslashes_and_control_characters_are_escaped() {
        Owner odd = new Owner("a\"b\\c");
        Reference reference = new Reference("\"\\\n\u001f\u007f\u00e9\u2028\ud83d\ude00");
        assertThat(new Callback(odd, ID, JobStatus.DONE, NOW, reference)
                        .payload()
                        .json())
                .startsWith("{\"client\":\"a\\\"b\\\\c\",")
                .endsWith("\"reference\":\"\\\"\\\\\\u000a\\u001f\u007f\u00e9\u2028\ud83d\ude00\"}");
    }

    @Test
    void its_delivery_is_a_job_of_the_owner() {
        Owner user = new Owner("clinic-7/user");
        assertThat(CALLBACK.delivery(user))
                .isEqualTo(NewJob.of(
                                CALLBACK.deliveryId(),
                                user,
                                new JobKind("asyncjob.callback"),
                                ResourceLinks.of(ResourceLink.to("callback")))
                        .withPayload(CALLBACK.payload())
                        .withMaxAttempts(100)
                        .withReference(new Reference("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59")));
    }

    @Test
    void the_id_of_a_delivery_follows_from_the_job_and_its_end_and_is_of_version_8() {
        JobId id = deliveryId(ID, NOW);
        assertThat(id).hasToString("89678f60-4cdc-8170-837f-1c260d2b9bad");
        assertThat(id.value().version()).isEqualTo(8);
        assertThat(id.value().variant()).isEqualTo(2);
        assertThat(deliveryId(JobId.parse("89678f60-4cdc-4fe3-ae83-e8b3ebd35c58"), NOW))
                .isNotEqualTo(id);
        assertThat(deliveryId(ID, NOW.plusNanos(999))).isEqualTo(id);
        assertThat(deliveryId(ID, NOW.plusNanos(1000))).isNotEqualTo(id);
    }

    private static JobId deliveryId(JobId job, Instant end) {
        return new Callback(OWNER, job, JobStatus.DONE, end, null).deliveryId();
    }

    @Test
    void the_kind_of_deliveries_is_reserved() {
        assertThat(Callback.unreserved(KIND)).isEqualTo(KIND);
        assertRefused(() -> Callback.unreserved(Callback.KIND))
                .satisfies(e -> assertThat(e).hasMessage("kind asyncjob.callback is reserved"))
                .satisfies(e -> assertThat(e.rule()).isEqualTo("reserved"));
    }
}
