package dev.asyncjob.bootstrap.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobProducer;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.config.SettingsReader;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.RetryResult;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.SlowRequestApi;
import dev.asyncjob.http.settings.HttpSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The sandbox's planning methods over HTTP, byte by byte. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // one server
class CompositionRequestsTest {
    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String CREATE = "/patients/composition";
    private static final String SIGN = CREATE + "/" + ID + "/sign";
    private static final Instant CREATED = Instant.parse("2022-10-24T12:35:46.956Z");

    private static final UUID NEW_ID = UUID.fromString("f7b0e3c5-7d9c-4d0e-9c26-4a9bb3c7f6a1");

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private record Planned(Owner owner, String kind, String payload) {}

    private final Queue<Planned> planned = new ConcurrentLinkedQueue<>();

    private final Sandbox sandbox = new Sandbox(
            new Recording(),
            SettingsReader.load(Map.of(), null).sandbox(),
            Clock.fixed(CREATED, ZoneOffset.UTC),
            () -> NEW_ID);

    @AutoClose
    private final JobServer server = JobServer.start(
            HttpSettings.defaults().listeningOn("127.0.0.1", 0),
            List.of(new SlowRequestApi(
                    sandbox.requests(), CompositionRequestsTest::authenticate, HttpSettings.defaults())),
            request -> {});

    @Test
    void settings_of_work_hold_in_the_sandbox_except_for_the_expected_duration() {
        Settings settings = SettingsReader.load(
                Map.of(
                        "ASYNCJOB_WORK_LEASE_DEFAULT",
                        "7s",
                        "ASYNCJOB_WORK_MAX_ATTEMPTS",
                        "3",
                        "ASYNCJOB_WORK_RETENTION",
                        "8s",
                        "ASYNCJOB_WORK_EXPECTED_DURATION",
                        "9s",
                        "ASYNCJOB_WORK_MAX_PENDING",
                        "10"),
                null);
        assertThat(settings.work().expectedDuration()).isEqualTo(Duration.ofSeconds(9));
        assertThat(Sandbox.settings(settings).work())
                .isEqualTo(settings.work().withExpectedDuration(Duration.ofMillis(250)));
        assertThat(Sandbox.worker(settings).lease()).isEqualTo(Duration.ofSeconds(7));
    }

    private final class Recording implements JobProducer {
        @Override
        public ScheduleResult schedule(NewJob job) {
            planned.add(
                    new Planned(job.owner(), job.kind().value(), job.payload().json()));
            AsyncJob accepted = new AsyncJob.Pending(
                    JobId.parse(ID),
                    job.owner(),
                    job.kind(),
                    ResourceLinks.of(ResourceLink.to("eHealth/composition")),
                    CREATED,
                    Eta.after(CREATED, Duration.ofSeconds(3)));
            return new ScheduleResult.Accepted(new JobSnapshot(accepted, CREATED));
        }

        @Override
        public Optional<ScheduleResult> repeated(NewJob job) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SettleResult cancel(@Nullable Owner owner, JobId id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public RetryResult retry(Retry retry, Intervention by) {
            throw new UnsupportedOperationException();
        }

        @Override
        public SettleResult cancel(JobId id, Intervention by) {
            throw new UnsupportedOperationException();
        }
    }

    @BeforeEach
    void forgetWhatWasPlanned() {
        planned.clear();
    }

    private static Authenticator.Verdict authenticate(String token, String apiKey) {
        return new Authenticator.Granted(
                new Access(new Owner(token), token.equals("clinic") ? Set.of(Scope.values()) : Set.of()));
    }

    private HttpResponse<String> send(String client, String method, String path, String body)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .header("Authorization", "Bearer " + client)
                .header("api-key", client)
                .header("Content-Type", "application/json")
                .header("x-request-id", "r")
                .build();
        return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private String error(int status, String path, String invalid) {
        return "{\"meta\":{\"code\":%d,\"url\":\"http://127.0.0.1:%d%s\",\"type\":\"object\",\"request_id\":\"r\"},%s}"
                .formatted(status, server.port(), path, invalid);
    }

    @Test
    void each_method_plans_its_action_and_answers_with_the_status() throws Exception {
        String status = "{\"data\":{\"eta\":\"2022-10-24T12:35:49.956Z\",\"id\":\"" + ID
                + "\",\"links\":[{\"entity\":\"eHealth/composition\"}],\"status\":\"PENDING\"}}";
        String signed = "{\"data\":\"c2lnbmVk\"}";
        List<HttpResponse<String>> answers = List.of(
                send("clinic", "POST", CREATE, "{\"a\":1}"),
                send("clinic", "PATCH", SIGN, signed),
                send("clinic", "PATCH", CREATE + "/" + ID + "/cancel", ""),
                send("clinic", "PATCH", CREATE + "/" + ID + "/erln", "{}"));
        assertThat(answers).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo(status);
            assertThat(answer.headers().firstValue("Cache-Control")).contains("no-store");
            assertThat(answer.headers().firstValue("Retry-After")).contains("3");
        });
        Owner clinic = new Owner("clinic");
        String one = "\"composition/" + ID + "\"";
        assertThat(planned)
                .containsExactly(
                        new Planned(clinic, "composition.create", "\"composition/" + NEW_ID + "\""),
                        new Planned(clinic, "composition.sign", one),
                        new Planned(clinic, "composition.cancel", one),
                        new Planned(clinic, "composition.erln", one));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | $.data | required | data is required",
                "{\"data\":null} | $.data | format | data must be base64 text",
                "{\"data\":5} | $.data | format | data must be base64 text",
                "{\"data\":\"\"} | $.data | format | data must be base64 text",
                "{\"data\":\"not base64!\"} | $.data | format | data must be base64 text",
                "{\"data\":[\"YQ==\"]} | $.data | format | data must be base64 text",
                "{\"data\":\"c2lnbmVk\",\"status\":\"DONE\"} | $ | schema | there must be no property but data",
                "{\"status\":\"DONE\"} | $ | schema | there must be no property but data",
            })
    void signed_data_must_be_base64_text_and_nothing_else(String body, String entry, String rule, String description)
            throws Exception {
        HttpResponse<String> answer = send("clinic", "PATCH", SIGN, body);
        assertThat(answer.statusCode()).isEqualTo(422);
        String invalid = "\"error\":{\"type\":\"validation_failed\",\"message\":\"Validation failed\",\"invalid\":["
                + "{\"entry_type\":\"json_data_property\",\"entry\":\"%s\",\"rules\":["
                + "{\"rule\":\"%s\",\"description\":\"%s\",\"params\":[]}]}]}";
        assertThat(answer.body()).isEqualTo(error(422, SIGN, invalid.formatted(entry, rule, description)));
        assertThat(planned).isEmpty();
    }

    @Test
    void a_composition_id_that_is_not_a_uuid_is_404_before_the_body_is_read() throws Exception {
        HttpResponse<String> answer = send("clinic", "PATCH", CREATE + "/x/sign", "{");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body())
                .contains(
                        "\"message\":\"Resource not found\"",
                        "\"entry_type\":\"path_parameter\",\"entry\":\"compositionId\"");
    }

    @ParameterizedTest
    @CsvSource({
        "POST,/patients/composition,composition:create",
        "PATCH,/patients/composition/x/sign,composition:sign",
        "PATCH,/patients/composition/x/cancel,composition:cancel",
        "PATCH,/patients/composition/x/erln,composition:create"
    })
    void each_method_needs_its_own_scope(String method, String path, String scope) throws Exception {
        HttpResponse<String> answer = send("other", method, path, "{}");
        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("Missing allowances: " + scope + "\"");
    }

    @ParameterizedTest
    @CsvSource({
        "PUT,/patients/composition,POST",
        "POST,/patients/composition/x/sign,PATCH",
        "DELETE,/patients/composition/x/erln,PATCH"
    })
    void other_methods_are_405(String method, String path, String allow) throws Exception {
        HttpResponse<String> answer = send("clinic", method, path, "");
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains(allow);
    }
}
