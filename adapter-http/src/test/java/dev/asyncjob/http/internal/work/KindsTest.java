package dev.asyncjob.http.internal.work;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.WorkApi;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pauses and limits of kinds, and the audit (contract section 2). */
class KindsTest {
    private static final String PAUSE = "/kinds/" + Jobs.KIND + "/pause";
    private static final String LIMIT = "/kinds/" + Jobs.KIND + "/limit";
    private static final Pattern NEXT = Pattern.compile("\"next\":\"([^\"]+)\"");

    @AutoClose
    private final ApiFixture api = new ApiFixture();

    private RawHttp.Answer operator(String method, String target, String... headers) {
        return api.requestAs("operator", method, target, headers);
    }

    private RawHttp.Answer put(String target, String body) {
        return api.sendAs("operator", "PUT", target, body.getBytes(UTF_8), "Content-Type: application/json");
    }

    private NewJob scheduled() {
        NewJob job = Jobs.newJob();
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        return job;
    }

    @Test
    void a_paused_kind_says_since_when_by_whom_and_why_until_it_is_resumed() {
        RawHttp.Answer paused = put(PAUSE, "{\"reason\":\"no paper\"}");

        assertThat(paused.status()).isEqualTo(200);
        assertThat(paused.text())
                .isEqualTo(
                        "{\"data\":{\"kind\":\"composition.create\",\"pause\":{\"since\":\"2022-10-24T12:35:46.956Z\""
                                + ",\"by\":\"operator\",\"reason\":\"no paper\"}}}");
        assertThat(paused.header("Cache-Control")).contains("no-store");
        api.clock().advance(Duration.ofMinutes(1));
        assertThat(put(PAUSE, "{}").text()).isEqualTo(paused.text());
        assertThat(operator("PUT", PAUSE).text()).isEqualTo(paused.text());
        assertThat(api.requestAs("auditor", "GET", "/kinds").text())
                .isEqualTo(paused.text().replace("{\"data\":{", "{\"data\":[{").replace("}}}", "}}]}"));
        scheduled();
        assertThat(Jobs.claimFrom(api.store(), 1)).isEmpty();

        assertThat(operator("DELETE", PAUSE).text())
                .isEqualTo("{\"data\":{\"kind\":\"composition.create\",\"lastAskedAt\":\"2022-10-24T12:36:46.956Z\"}}");
        assertThat(operator("DELETE", "/kinds/never.seen/pause").text())
                .isEqualTo("{\"data\":{\"kind\":\"never.seen\"}}");
        assertThat(Jobs.claimFrom(api.store(), 1)).hasSize(1);
        assertThat(operator("PUT", PAUSE).text()).doesNotContain("reason");
    }

    @Test
    void a_limit_holds_until_it_is_removed() {
        scheduled();
        scheduled();

        assertThat(put(LIMIT, "{\"running\":1}").text())
                .isEqualTo("{\"data\":{\"kind\":\"composition.create\",\"limit\":1}}");
        assertThat(Jobs.claimFrom(api.store(), 2)).hasSize(1);
        assertThat(operator("GET", "/kinds").text())
                .isEqualTo("{\"data\":[{\"kind\":\"composition.create\",\"lastAskedAt\":\"2022-10-24T12:35:46.956Z\""
                        + ",\"limit\":1}]}");
        assertThat(operator("DELETE", LIMIT).text())
                .isEqualTo("{\"data\":{\"kind\":\"composition.create\",\"lastAskedAt\":\"2022-10-24T12:35:46.956Z\"}}");
        assertThat(Jobs.claimFrom(api.store(), 2)).hasSize(1);
    }

    @Test
    void operators_read_why_a_job_waits_for_a_pause_or_a_limit_and_its_owner_only_that_it_waits() {
        NewJob job = NewJob.of(Jobs.newId(), new dev.asyncjob.domain.Owner("producer"), Jobs.KIND, Jobs.LINKS);
        String target = "/jobs/" + job.id() + "/explain";
        Jobs.scheduledAndClaimed(api.store(), Jobs.newJob());
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));
        put(LIMIT, "{\"running\":1}");
        String waits = "\"status\":\"PENDING\",\"reason\":\"waiting\",\"text\":\"It waits for its turn.\"}}";

        assertThat(operator("GET", target).text())
                .contains(
                        "\"reason\":\"limit_reached\",\"text\":\"1 job of the kind composition.create is running, and"
                                + " no more may run at the same time.\",\"kind\":\"composition.create\",\"limit\":1,\"attempts\"");
        assertThat(api.requestAs("producer", "GET", target).text()).endsWith(waits);
        put(PAUSE, "{\"reason\":\"no paper\"}");
        assertThat(operator("GET", target).text())
                .contains(
                        "\"reason\":\"kind_paused\",\"text\":\"The kind composition.create has been paused since 24"
                                + " October 2022, 12:35:46 UTC by operator: no paper.\",\"kind\":\"composition.create\"",
                        ",\"pausedSince\":\"2022-10-24T12:35:46.956Z\",\"pausedBy\":\"operator\",\"pauseReason\":\"no paper\"");
        assertThat(api.requestAs("producer", "GET", target).text()).endsWith(waits);
    }

    @Test
    void each_intervention_is_in_the_audit_with_its_request() {
        NewJob job = scheduled();
        operator("PUT", PAUSE, "x-request-id: r-1");
        operator("DELETE", PAUSE, "x-request-id: r-2");
        operator("DELETE", "/jobs/" + job.id(), "x-request-id: r-3");
        operator("DELETE", "/jobs?owner=" + Jobs.OWNER, "x-request-id: r-4");

        RawHttp.Answer audit = operator("GET", "/audit?limit=100");
        assertThat(audit.status()).isEqualTo(200);
        assertThat(audit.header("Cache-Control")).contains("no-store");
        assertThat(audit.text())
                .contains(
                        "\"at\":\"2022-10-24T12:35:46.956Z\",\"by\":\"operator\",\"action\":\"PAUSE\""
                                + ",\"subject\":\"composition.create\",\"count\":1,\"requestId\":\"r-1\"}",
                        "\"action\":\"RESUME\",\"subject\":\"composition.create\",\"count\":1,\"requestId\":\"r-2\"}",
                        "\"action\":\"CANCEL\",\"subject\":\"" + job.id() + "\",\"count\":1,\"requestId\":\"r-3\"}",
                        "\"action\":\"ERASE\",\"subject\":\"" + Jobs.OWNER + "\",\"count\":1,\"requestId\":\"r-4\"}")
                .endsWith("],\"paging\":{}}");
        assertThat(audit.text().split("\"action\"", -1)).hasSize(5);
    }

    @Test
    void an_owner_who_cancels_its_job_is_not_in_the_audit() {
        NewJob job = NewJob.of(Jobs.newId(), new dev.asyncjob.domain.Owner("producer"), Jobs.KIND, Jobs.LINKS);
        Jobs.accepted(api.store().schedule(job, Jobs.EXPECTED));

        assertThat(api.requestAs("producer", "DELETE", "/jobs/" + job.id()).status())
                .isEqualTo(200);

        assertThat(operator("GET", "/audit").text()).isEqualTo("{\"data\":[],\"paging\":{}}");
    }

    @Test
    void the_audit_comes_in_pages_the_newest_first() {
        for (int limit = 1; limit <= 5; limit++) {
            put(LIMIT, "{\"running\":" + limit + "}");
            api.clock().advance(Duration.ofSeconds(1));
        }

        String first = operator("GET", "/audit?limit=2").text();
        assertThat(first)
                .containsSubsequence("\"detail\":\"5\"", "\"detail\":\"4\"")
                .doesNotContain("\"detail\":\"3\"");
        String cursor = next(first);
        String second = operator("GET", "/audit?limit=2&cursor=" + cursor).text();
        assertThat(second)
                .containsSubsequence("\"detail\":\"3\"", "\"detail\":\"2\"")
                .doesNotContain("\"detail\":\"4\"");
        String last = operator("GET", "/audit?limit=2&cursor=" + next(second)).text();
        assertThat(last).contains("\"detail\":\"1\"").endsWith("\"paging\":{}}");
        assertThat(operator("GET", "/jobs?cursor=" + cursor).status()).isEqualTo(400);
        assertThat(operator("GET", "/audit?cursor=x").status()).isEqualTo(400);
    }

    private static String next(String page) {
        Matcher next = NEXT.matcher(page);
        assertThat(next.find()).as(page).isTrue();
        return next.group(1);
    }

    @Test
    void every_broken_rule_is_reported_at_once_and_nothing_changes() {
        RawHttp.Answer answer = put("/kinds/Not%20a%20kind/limit", "{\"running\":0,\"more\":1}");

        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text())
                .contains(
                        "\"entry_type\":\"path_parameter\",\"entry\":\"kind\"",
                        "\"entry\":\"$.running\",\"rules\":[{\"rule\":\"range\"",
                        "\"entry\":\"$\",\"rules\":[{\"rule\":\"schema\"");
        for (String running : List.of("0", "100001", "-1", "1.5", "\"1\"", "null", "[]", "9223372036854775808")) {
            assertThat(put(LIMIT, "{\"running\":" + running + "}").text()).contains("\"entry\":\"$.running\"");
        }
        assertThat(put(LIMIT, "{}").text()).contains("\"rule\":\"required\"");
        assertThat(operator("PUT", LIMIT).status()).isEqualTo(415);
        for (String reason : List.of("\"\"", "\"" + "r".repeat(201) + "\"", "\"\\u0000\"", "1", "null")) {
            assertThat(put(PAUSE, "{\"reason\":" + reason + "}").text()).contains("\"entry\":\"$.reason\"");
        }
        for (String target : List.of("/kinds/%20/pause", "/kinds/" + "k".repeat(65) + "/limit")) {
            assertThat(operator("DELETE", target).status()).isEqualTo(422);
        }
        assertThat(api.store().interventions().kinds())
                .extracting(KindState::kind)
                .isEmpty();
        assertThat(api.store().interventions().audit(null, 9)).isEqualTo(new AuditEntry.Page(List.of(), false));
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /kinds",
        "PUT, /kinds/mail/pause",
        "DELETE, /kinds/mail/pause",
        "PUT, /kinds/mail/limit",
        "DELETE, /kinds/mail/limit",
        "GET, /audit"
    })
    void others_than_operators_are_refused(String method, String target) {
        for (String client : List.of("producer", "worker", "lister")) {
            assertThat(api.requestAs(client, method, target).status()).isEqualTo(403);
        }
        assertThat(api.requestAs("auditor", method, target).status()).isEqualTo(target.equals("/kinds") ? 200 : 403);
        try (ApiFixture own = new ApiFixture(HttpSettings.defaults(), WorkApi.Part.PRODUCERS)) {
            assertThat(own.requestAs("operator", method, target).status()).isEqualTo(404);
        }
    }
}
