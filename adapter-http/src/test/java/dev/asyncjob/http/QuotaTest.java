package dev.asyncjob.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The pending jobs that a client may have (contract sections 1 and 2). */
class QuotaTest {
    private static final Backlog QUOTA = new Backlog(2, 100);
    private static final WorkPolicy POLICY = WorkPolicy.defaults().withQuota(QUOTA);
    private static final HttpSettings SETTINGS = HttpSettings.defaults().listeningOn("127.0.0.1", 0);

    private final InMemoryJobStore store =
            new InMemoryJobStore(POLICY, new SettableClock(ApiFixture.CREATED), new LocalJobSignals());

    @AutoClose
    private final JobServer server = JobServer.start(SETTINGS, List.of(work(), slowRequests()), request -> {});

    private Api work() {
        return new WorkApi(
                JobUseCases.over(store, POLICY),
                (claim, wait) -> CompletableFuture.completedFuture(List.of()),
                Jobs::newId,
                Duration.ofSeconds(30),
                ApiFixture::authenticate,
                SETTINGS);
    }

    private static Api slowRequests() {
        SlowRequest refused =
                SlowRequest.of(SlowRequest.Method.POST, "/slow", Scope.COMPOSITION_CREATE, (owner, ids, body) -> {
                    throw new QuotaExceededException(
                            new ScheduleResult.OverQuota(QUOTA, true, Duration.ofMillis(2001)));
                });
        return new SlowRequestApi(List.of(refused.withOptionalBody()), ApiFixture::authenticate, SETTINGS);
    }

    private RawHttp.Answer schedule(String payload, String... headers) {
        String body = "{\"kind\":\"k\",\"links\":[{\"entity\":\"e\"}],\"payload\":\"" + payload + "\"}";
        String[] all = java.util.Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Content-Type: application/json";
        all[headers.length + 1] = "Content-Length: " + body.length();
        return RawHttp.send(server.port(), ApiFixture.message("POST", "/jobs", "producer", all) + body);
    }

    @Test
    void a_job_too_many_is_429_and_not_stored() {
        String first = schedule("a", "Idempotency-Key: one").text();
        assertThat(schedule("b").status()).isEqualTo(202);

        RawHttp.Answer answer = schedule("c");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("Retry-After")).contains("1");
        assertThat(answer.header("RateLimit-Policy")).contains("\"pending-jobs\";q=2");
        assertThat(answer.header("RateLimit")).contains("\"pending-jobs\";r=0;t=1");
        assertThat(answer.text())
                .contains("\"type\":\"too_many_requests\",\"message\":\"The client has too many pending jobs,");
        assertThat(store.list(JobFilter.ANY).jobs()).hasSize(2);
        RawHttp.Answer repeated = schedule("a", "Idempotency-Key: one");
        assertThat(repeated.status()).isEqualTo(202);
        assertThat(repeated.text()).isEqualTo(first);
        assertThat(schedule("x", "Idempotency-Key: one").status()).isEqualTo(422);
    }

    @Test
    void payloads_too_large_together_are_429() {
        assertThat(schedule("x".repeat(90)).status()).isEqualTo(202);

        RawHttp.Answer answer = schedule("123456789");

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("RateLimit-Policy")).contains("\"pending-payloads\";q=100;qu=\"content-bytes\"");
        assertThat(schedule("12345").status()).isEqualTo(202);
    }

    @Test
    void a_slow_request_of_a_client_above_its_quota_is_429() {
        RawHttp.Answer answer =
                RawHttp.send(server.port(), ApiFixture.message("POST", "/slow", "clinic-a", "Content-Length: 0"));

        assertThat(answer.status()).isEqualTo(429);
        assertThat(answer.header("Retry-After")).contains("3");
    }
}
