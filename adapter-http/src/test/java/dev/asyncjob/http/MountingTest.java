package dev.asyncjob.http;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.MISSING_ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.Javalin;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The plugin in an application's own Javalin, whose routes and errors it must not affect. */
class MountingTest {
    private Javalin host;

    @BeforeEach
    void start() {
        GetJobStatus jobs = MountingTest::find;
        AwaitJobStatus news = ApiFixture.changesOf(MountingTest::find);
        Authenticator authenticator = ApiFixture::authenticate;
        host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            // README: mounting
            config.registerPlugin(new JobApi(jobs, news, authenticator, HttpSettings.defaults()));
            // end
            config.routes.get("/patients/composition/job", ctx -> ctx.result("own list"));
            config.routes.get("/own", ctx -> ctx.result("own"));
            config.routes.get("/fails", ctx -> {
                throw new IllegalStateException("own failure");
            });
            config.routes.exception(
                    IllegalStateException.class, (e, ctx) -> ctx.status(418).result("own error"));
        });
        host.start("127.0.0.1", 0);
    }

    @AfterEach
    void stop() {
        host.stop();
    }

    /** One job, with an answer that is long enough for the host's gzip. */
    private static Optional<JobSnapshot> find(Owner reader, JobId id) {
        ResourceLink link = new ResourceLink("eHealth/composition", "composition/" + "x".repeat(1_800));
        AsyncJob job = ApiFixture.pending(ID, reader)
                .complete(ResourceLinks.of(link, link), ApiFixture.ENDED, ApiFixture.RETENTION);
        return Optional.of(new JobSnapshot(job, ApiFixture.ENDED))
                .filter(found -> id.toString().equals(ID));
    }

    private RawHttp.Answer get(String target, String... headers) {
        return RawHttp.send(host.port(), ApiFixture.message("GET", target, "clinic-a", headers));
    }

    @Test
    void a_long_answer_is_not_compressed_by_the_host() {
        RawHttp.Answer answer = get(PATH + ID, "Accept-Encoding: gzip");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).hasSizeGreaterThan(3_600).endsWith("\"status\":\"DONE\"}}");
        assertThat(answer.header("Content-Encoding")).isEmpty();
    }

    @Test
    void its_routes_answer_as_the_contract_has_it() {
        RawHttp.Answer answer = get(PATH + MISSING_ID);
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.text()).contains("\"message\":\"Task not found\"");
        RawHttp.Answer wrongMethod =
                RawHttp.send(host.port(), ApiFixture.message("DELETE", PATH + MISSING_ID, "clinic-a"));
        assertThat(wrongMethod.status()).isEqualTo(405);
    }

    @Test
    void the_path_of_many_jobs_is_shared_with_the_host() {
        assertThat(get("/patients/composition/job").text()).isEqualTo("own list");
        RawHttp.Answer put =
                RawHttp.send(host.port(), ApiFixture.message("PUT", "/patients/composition/job", "clinic-a"));
        assertThat(put.status()).isEqualTo(405);
        assertThat(put.header("Allow")).contains("QUERY, GET");
        String body = "{\"ids\":[\"" + ID + "\"]}";
        RawHttp.Answer query = RawHttp.send(
                host.port(),
                ApiFixture.message(
                                "QUERY",
                                "/patients/composition/job",
                                "clinic-a",
                                "Content-Type: application/json",
                                "Content-Length: " + body.length())
                        + body);
        assertThat(query.text()).startsWith("{\"data\":[{").endsWith("\"status\":\"DONE\"}]}");
    }

    @Test
    void the_hosts_own_routes_and_errors_stay_its_own() {
        assertThat(get("/own").text()).isEqualTo("own");
        assertThat(get("/own").header("x-request-id")).isEmpty();
        assertThat(get("/fails").status()).isEqualTo(418);
        assertThat(get("/fails").text()).isEqualTo("own error");
        assertThat(get("/elsewhere").text()).doesNotContain("not_found");
    }
}
