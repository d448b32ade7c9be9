package dev.asyncjob.ui;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.application.spi.Interventions;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.PagesApi;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import io.javalin.Javalin;
import io.javalin.http.Context;
import io.javalin.http.ForbiddenResponse;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The page in a Javalin of an application, over jobs in memory. */
final class PageUnderTest implements AutoCloseable {
    static final String API_KEY = "key";
    static final String ADMIN = "admin-token";
    static final String READER = "reader-token";

    final SettableClock clock = new SettableClock(Instant.parse("2026-11-30T03:00:00Z"));
    final InMemoryJobStore store = new InMemoryJobStore(
            WorkPolicy.defaults().withFailedPayload(Duration.ofDays(1)), clock, new LocalJobSignals());

    /** What the token of a client allows; a test may change it. */
    final Map<String, Authenticator.Verdict> verdicts = new ConcurrentHashMap<>(Map.of(
            ADMIN, granted("ops", Scope.JOB_ADMIN),
            READER, granted("watch", Scope.JOB_READ_ALL)));

    /** The header of a trusted proxy, which names nobody who can be a user with {@code nobody}. */
    static final String USER = "x-user";

    /** What its users may do. */
    volatile Scope userScope = Scope.JOB_READ_ALL;

    /** The link that begins a session, if there is one. */
    volatile Login.@Nullable Link link;

    final List<String> log = new ArrayList<>();

    /** Whose session each view belonged to, and its job. */
    final List<String> seen = new ArrayList<>();

    volatile boolean storeIsDown;

    /** How often the pending jobs were counted. */
    final AtomicInteger counted = new AtomicInteger();

    /** How many requests were asked for their id. */
    private final AtomicInteger requests = new AtomicInteger();

    private final AtomicLong passed = new AtomicLong();
    private final HttpClient client = HttpClient.newHttpClient();
    private final Javalin javalin;

    static Authenticator.Verdict granted(String client, Scope... scopes) {
        return new Authenticator.Granted(new Access(new Owner(client), Set.of(scopes)));
    }

    PageUnderTest() {
        this(PageSettings.defaults());
    }

    PageUnderTest(PageSettings settings) {
        this(settings, false);
    }

    /** @param events whether it is served as a server does that sends events */
    PageUnderTest(PageSettings settings, boolean events) {
        JobUseCases jobs = JobUseCases.over(store, WorkPolicy.defaults());
        PageSource source = new PageSource(
                jobs,
                jobs,
                jobs,
                Jobs::newId,
                jobs,
                () -> {
                    counted.incrementAndGet();
                    if (storeIsDown) {
                        throw new StoreUnavailable(new IOException("down"));
                    }
                    return store.workloads(1_000_000);
                },
                store::workers,
                store::endedMinutes,
                clock::instant,
                job -> ("{\"status\":\"" + job.job().status() + "\"}").getBytes(StandardCharsets.UTF_8));
        OperatorPage page = new OperatorPage(
                source, new FakeLogin(), this::verdict, settings, () -> System.nanoTime() + passed.get());
        javalin = Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            if (events) {
                config.registerPlugin(new PagesApi(page.pages(), page.forms(), page.live()));
            } else {
                page.pages().forEach(config.routes::get);
                page.pages().forEach(config.routes::head); // as the server has it
                page.forms().forEach(config.routes::post);
            }
        });
        javalin.start("127.0.0.1", 0);
    }

    private Authenticator.Verdict verdict(String token, String apiKey) {
        return apiKey.equals(API_KEY)
                ? verdicts.getOrDefault(token, new Authenticator.InvalidToken(Authenticator.Cause.of("unknown")))
                : new Authenticator.InvalidApiKey(Authenticator.Cause.of("unknown"));
    }

    private final class FakeLogin implements Login {
        @Override
        public Access check(Context ctx, String token, String apiKey) {
            if (token.matches("refuse-[0-9]{3}")) {
                throw new HttpResponseException(Integer.parseInt(token.substring(7)), "refused");
            }
            if (verdict(token, apiKey) instanceof Authenticator.Granted granted) {
                log.add("in " + granted.access().client());
                return granted.access();
            }
            throw new HttpResponseException(401, "refused");
        }

        @Override
        public void seen(Context ctx, Authenticator.Granted granted, @Nullable JobId job) {
            seen.add(granted.access().client() + (job == null ? "" : " " + job));
        }

        @Override
        public String requestId(Context ctx) {
            return "request-" + requests.incrementAndGet();
        }

        @Override
        public Optional<Access> named(Context ctx) {
            String user = ctx.header(USER);
            if ("nobody".equals(user)) {
                throw new ForbiddenResponse();
            }
            return Optional.ofNullable(user).map(name -> new Access(new Owner(name), Set.of(userScope)));
        }

        @Override
        public void begun(Context ctx, Owner who) {
            log.add("in " + who + " by proxy");
        }

        @Override
        public @Nullable Link link() {
            return link;
        }

        @Override
        public void ended(Context ctx, Owner who) {
            log.add("out " + who);
        }
    }

    /** Has time pass for the page, beside that of the machine. */
    void pass(Duration time) {
        passed.addAndGet(time.toNanos());
    }

    /** What an operator does elsewhere. */
    Interventions hands() {
        return store.interventions();
    }

    Intervention operator() {
        return new Intervention(UUID.randomUUID(), new Owner("ops"), "r-1");
    }

    String url(String path) {
        return "http://127.0.0.1:" + javalin.port() + path;
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url(path)));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    byte[] bytes(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray())
                    .body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    HttpResponse<String> get(String path, String cookies) {
        return send(request(path).header("Cookie", cookies));
    }

    /** A form as a browser sends it from this page. */
    HttpRequest.Builder form(String path, String cookies, Map<String, String> fields) {
        String body = fields.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
        return request(path)
                .header("Cookie", cookies)
                .header("Origin", url(""))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    /** The cookie and the field of a new form of credentials. */
    record Form(String cookie, String token) {}

    Form loginForm() {
        HttpResponse<String> answer = send(request("/ui/login"));
        return new Form(cookie(answer, Visits.FORM).orElseThrow(), formToken(answer.body()));
    }

    HttpResponse<String> login(String token, String next) {
        Form form = loginForm();
        return send(form(
                "/ui/login",
                form.cookie,
                Map.of("form", form.token, "api-key", API_KEY, "token", token, "next", next)));
    }

    /** Logs in; returns the cookie of the session. */
    String login(String token) {
        return cookie(login(token, ""), Visits.SESSION).orElseThrow();
    }

    /** A cookie that an answer sets, as a browser sends it back; empty if it is not set, or removed. */
    static Optional<String> cookie(HttpResponse<String> answer, String name) {
        return answer.headers().allValues("Set-Cookie").stream()
                .filter(header -> header.startsWith(name + "=") && !header.startsWith(name + "=;"))
                .map(header -> header.split(";", 2)[0])
                .findFirst();
    }

    static String formToken(String body) {
        Matcher field = Pattern.compile("name=\"form\" value=\"([^\"]*)\"").matcher(body);
        if (!field.find()) {
            throw new AssertionError("no form: " + body);
        }
        return field.group(1);
    }

    @Override
    public void close() {
        javalin.stop();
    }
}
