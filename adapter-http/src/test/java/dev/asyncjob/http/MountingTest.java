package dev.asyncjob.http;

import static dev.asyncjob.http.ApiFixture.MISSING_ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import io.javalin.Javalin;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The plugin in somebody else's Javalin, which keeps its own ways. */
class MountingTest {
    private Javalin host;

    @BeforeEach
    void start() {
        JobUseCases jobs = ApiFixture.useCases((reader, id) -> Optional.empty());
        Authenticator authenticator = ApiFixture::authenticate;
        host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            // README: mounting
            config.registerPlugin(new JobApi(jobs, authenticator, HttpSettings.defaults()));
            // end
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

    private RawHttp.Answer get(String target) {
        return RawHttp.send(host.port(), ApiFixture.message("GET", target, "clinic-a"));
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
    void the_hosts_own_routes_and_errors_stay_its_own() {
        assertThat(get("/own").text()).isEqualTo("own");
        assertThat(get("/own").header("x-request-id")).isEmpty();
        assertThat(get("/fails").status()).isEqualTo(418);
        assertThat(get("/fails").text()).isEqualTo("own error");
        assertThat(get("/elsewhere").text()).doesNotContain("not_found");
    }
}
