package dev.asyncjob.http.internal.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.testkit.Jobs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jobs for other owners, and what other clients learn of a job (contract section 2, {@code POST /jobs}). */
class ForeignScheduleTest {
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String JOB = "{\"id\":\"" + ID + "\",\"kind\":\"composition.create\",\"payload\":7,"
            + "\"links\":[{\"entity\":\"eHealth/composition\"}]}";
    private static final String[] SAME = {"Content-Type: application/json", "x-request-id: same"};

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer post(String client, String body, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + SAME.length);
        System.arraycopy(SAME, 0, all, headers.length, SAME.length);
        return api.sendAs(client, "POST", "/jobs", body.getBytes(StandardCharsets.UTF_8), all);
    }

    private static String of(String owner, String job) {
        return job.replace("{\"id\"", "{\"owner\":\"" + owner + "\",\"id\"");
    }

    @ParameterizedTest
    @CsvSource({"producer, clinic-a", "for-user, for-user", "for-user, for-user/there", "for-user, for-user/here/x"})
    void a_foreign_owner_needs_a_scope_of_its_own(String client, String owner) {
        RawHttp.Answer answer = post(client, of(owner, JOB));

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.text()).contains("\"type\":\"forbidden\"", "Missing allowances: job:schedule-for\"");
        assertThat(answer.header("WWW-Authenticate"))
                .hasValueSatisfying(value -> assertThat(value).contains("scope=\"job:schedule-for\""));
        assertThat(api.store().list(JobFilter.ANY).jobs()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"producer, producer", "for-user, for-user/here", "scheduler, clinic-a", "scheduler, for-user/there"})
    void ones_own_owner_may_be_stated_and_the_scope_permits_others(String client, String owner) {
        assertThat(post(client, of(owner, JOB)).status()).isEqualTo(202);

        assertThat(api.store().find(new Owner(owner), JobId.parse(ID))).isPresent();
    }

    /** Everything that a client may vary to find out what the job of a known id is. */
    private List<String> answersTo(String client, String stated) {
        List<String> answers = new ArrayList<>();
        for (String job : List.of(JOB, JOB.replace(":7", ":8"), JOB.replace("create", "sign"))) {
            answers.add(seen(post(client, of(stated, job))));
            answers.add(seen(post(client, of(stated, job), "Idempotency-Key: k-1")));
        }
        return answers.stream().distinct().toList();
    }

    private static String seen(RawHttp.Answer answer) {
        List<String> headers = answer.headerLines().stream()
                .filter(line -> !line.startsWith("Date:"))
                .toList();
        return answer.status() + " " + headers + "\n" + answer.text();
    }

    private void assertNothingIsTold(String client, String owner) {
        assertThat(answersTo(client, owner))
                .singleElement()
                .satisfies(answer -> assertThat(answer)
                        .startsWith("409 ")
                        .contains("\"rule\":\"taken\"")
                        .doesNotContain("\"data\"", "scheduler\"", "clinic-a"));
    }

    @Test
    void to_all_but_its_scheduler_a_job_is_409_whatever_its_content_pending_and_ended() {
        String job = of("producer", JOB);
        RawHttp.Answer first = post("scheduler", job);
        assertThat(first.status()).isEqualTo(202);

        for (int state = 0; state < 2; state++) {
            assertNothingIsTold("scheduler-b", "producer"); // may schedule for the same owner
            assertNothingIsTold("scheduler-b", "scheduler");
            assertNothingIsTold("producer", "producer"); // owns the job and may not see its payload
            assertNothingIsTold("producer-b", "producer-b");
            RawHttp.Answer again = post("scheduler", job);
            assertThat(again.status()).isEqualTo(202);
            assertThat(again.text()).isEqualTo(first.text());
            assertThat(post("scheduler", job.replace(":7", ":8")).status()).isEqualTo(409);
            if (state == 0) {
                Jobs.settle(api.store(), Jobs.claimed(api.store(), JobId.parse(ID)), Jobs.DONE);
            }
        }
    }

    @Test
    void to_a_scheduler_for_others_an_owners_own_job_is_409_whatever_its_content() {
        RawHttp.Answer first = post("producer", JOB);

        assertNothingIsTold("scheduler", "producer");
        assertThat(post("producer", of("producer", JOB)).text()).isEqualTo(first.text());
    }

    @Test
    void operators_see_who_scheduled_a_job_and_its_owner_does_not() {
        String status = post("scheduler", of("clinic-a", JOB)).text();

        assertThat(api.requestAs("operator", "GET", "/jobs").text())
                .contains("\"owner\":\"clinic-a\",", "\"scheduledBy\":\"scheduler\"");
        assertThat(status).doesNotContain("scheduler");
        post("for-user", JOB.replace("5c59", "5c60"));
        assertThat(api.requestAs("operator", "GET", "/jobs?owner=for-user/here").text())
                .contains("\"scheduledBy\":\"for-user/here\"");
    }
}
