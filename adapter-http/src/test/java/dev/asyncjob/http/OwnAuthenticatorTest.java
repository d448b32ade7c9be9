package dev.asyncjob.http;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.settings.HttpSettings;
import io.javalin.Javalin;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An authenticator of the application's, which looks at the whole request, beside the pair of credentials. */
class OwnAuthenticatorTest {
    private Javalin host;

    /** The clients of the application have a cookie, or an attribute of its own handlers. */
    private static final class Sessions implements Authenticator {
        @Override
        public Verdict authenticate(String token, String apiKey) {
            return ApiFixture.authenticate(token, apiKey);
        }

        @Override
        public Optional<Verdict> authenticate(IncomingRequest request) {
            List<String> sessions = request.cookies("session");
            Optional<Object> user = request.attribute("user");
            if (user.isPresent()) {
                return Optional.of(granted(user.get().toString()));
            }
            if (sessions.equals(List.of("of clinic-a"))) {
                return Optional.of(granted(
                        request.path().startsWith(PATH)
                                        && request.headers("HOST").size() == 1
                                        && request.certificates().isEmpty()
                                        && request.principal().isEmpty()
                                ? "clinic-a"
                                : "nobody"));
            }
            return sessions.isEmpty() ? Optional.empty() : Optional.of(new InvalidToken(Cause.of("unknown-session")));
        }

        private static Verdict granted(String owner) {
            return new Granted(new Access(new Owner(owner), Set.of(Scope.COMPOSITION_READ)));
        }
    }

    @BeforeEach
    void start() {
        GetJobStatus jobs = OwnAuthenticatorTest::find;
        AwaitJobStatus news = ApiFixture.changesOf(jobs);
        host = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.jetty.modifyServer(server -> server.insertHandler(new Handler.Wrapper() {
                @Override
                public boolean handle(Request request, Response response, Callback callback) throws Exception {
                    String user = request.getHeaders().get("x-user");
                    if (user != null) {
                        request.setAttribute("user", user);
                    }
                    return super.handle(request, response, callback);
                }
            }));
            config.registerPlugin(new JobApi(jobs, news, new Sessions(), HttpSettings.defaults()));
        });
        host.start("127.0.0.1", 0);
    }

    @AfterEach
    void stop() {
        host.stop();
    }

    private static Optional<JobSnapshot> find(Owner reader, JobId id) {
        return Optional.of(new JobSnapshot(ApiFixture.pending(ID, new Owner("clinic-a")), ApiFixture.CREATED))
                .filter(found -> id.toString().equals(ID) && reader.value().equals("clinic-a"));
    }

    private RawHttp.Answer get(String... headers) {
        return RawHttp.send(host.port(), ApiFixture.head("GET", PATH + ID, headers) + "\r\n");
    }

    @Test
    void a_cookie_or_an_attribute_identifies_the_client_without_a_pair_of_credentials() {
        RawHttp.Answer byCookie = get("Cookie: session=of clinic-a");
        assertThat(byCookie.status()).isEqualTo(200);
        assertThat(byCookie.header("Vary")).contains("Accept, Authorization, api-key, Cookie");

        assertThat(get("x-user: clinic-a").status()).isEqualTo(200);
        assertThat(get("x-user: clinic-b").status()).isEqualTo(404);
    }

    @Test
    void a_refused_cookie_is_answered_401_whatever_the_credentials_are() {
        RawHttp.Answer refused =
                RawHttp.send(host.port(), ApiFixture.message("GET", PATH + ID, "clinic-a", "Cookie: session=other"));
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.text()).contains("Invalid access token");
    }

    @Test
    void without_a_verdict_the_pair_of_credentials_decides_as_ever() {
        RawHttp.Answer known = RawHttp.send(host.port(), ApiFixture.message("GET", PATH + ID, "clinic-a"));
        assertThat(known.status()).isEqualTo(200);
        assertThat(known.header("Vary")).contains("Accept, Authorization, api-key");
        assertThat(get().text()).contains("Authorization header is not set");
    }
}
