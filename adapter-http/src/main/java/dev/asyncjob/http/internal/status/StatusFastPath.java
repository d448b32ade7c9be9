package dev.asyncjob.http.internal.status;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.jetty.JettyAnswers;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.StatusExtra;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Answers plain status reads, the most frequent requests, without Javalin. Safe for use from any thread.
 *
 * <h2>Requests</h2>
 *
 * <p>A plain read is a GET of a well-formed id without a query, without a body, and with no header that changes the
 * kind of response. All other requests go on to {@link StatusRoutes}, whose responses to plain reads would be the same:
 * {@link StatusAnswer} and {@link JettyAnswers} make both.
 *
 * <h2>Reads</h2>
 *
 * <p>{@link ReadCoalescer} reads the jobs of concurrent requests together; no thread waits for the database. A terminal
 * status never changes, so it is cached, until the retention of the job ends and for {@link #CACHED} at most, since the
 * job may be erased. The gate admits each request before.
 */
public final class StatusFastPath extends Handler.Wrapper {
    /** Bytes of cached answers at most. */
    static final long MAX_CACHED = 64 << 20;

    /** How long an answer is cached at most. */
    static final Duration CACHED = Duration.ofMinutes(1);

    /** Cached answers take at most this part of the heap: an eighth. */
    private static final int HEAP_DIVISOR = 8;

    /** Bytes that a cached answer takes besides its body. */
    private static final int ENTRY_OVERHEAD = 400;

    private static final int ID_LENGTH = 36;
    private static final List<Scope> SCOPES = List.of(Scope.COMPOSITION_READ);
    private static final List<String> PLAIN_ACCEPT = List.of("*/*", "application/json");

    private final String route;
    private final String before;
    private final String after;
    private final AccessGate gate;
    private final ReadCoalescer reads;
    private final Set<StatusExtra> extras;
    private final Cache<JobKey, CachedStatus> ended;
    private final LongAdder hits;

    /**
     * Handles reads of one path.
     *
     * @param route the template of the status method's path, base path included
     * @param gate the gate of the routes, so that both share the counters of its limits
     * @param extras what every answer has beside the status
     * @param hits counts the reads that are answered from the cache
     */
    public StatusFastPath(
            String route, AccessGate gate, GetJobStatus getJobStatus, Set<StatusExtra> extras, LongAdder hits) {
        this.route = route;
        this.before = route.substring(0, route.indexOf(HttpSettings.ID));
        this.after = route.substring(before.length() + HttpSettings.ID.length());
        this.gate = gate;
        this.reads = new ReadCoalescer(getJobStatus);
        this.extras = extras;
        this.ended = cache(System::nanoTime);
        this.hits = hits;
    }

    static Cache<JobKey, CachedStatus> cache(Ticker ticker) {
        return Caffeine.newBuilder()
                .maximumWeight(Math.min(MAX_CACHED, Runtime.getRuntime().maxMemory() / HEAP_DIVISOR))
                .weigher((JobKey job, CachedStatus cached) -> cached.status().body().length + ENTRY_OVERHEAD)
                .expireAfterWrite(CACHED)
                .ticker(ticker)
                .executor(Runnable::run)
                .build();
    }

    /** A terminal status, and the time at which it was read. */
    record CachedStatus(StatusAnswer status, long readAt) {
        Duration age() {
            return Duration.ofNanos(System.nanoTime() - readAt);
        }

        boolean isExpired() {
            return status.freshFor(age()).compareTo(Duration.ZERO) <= 0;
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        JobId id = jobOfPlainRead(request);
        if (id == null) {
            return super.handle(request, response, callback);
        }
        request.setAttribute(HttpExchange.ROUTE, route);
        var unused = gate.admit(request, SCOPES).whenComplete((access, refusal) -> {
            try {
                if (refusal != null) {
                    throw refusal;
                }
                request.setAttribute(HttpExchange.JOB, id);
                read(new JobKey(access.owner(), id), request, response, callback);
            } catch (Throwable e) {
                JettyAnswers.fail(request, response, callback, e);
            }
        });
        return true;
    }

    private void read(JobKey job, Request request, Response response, Callback callback) {
        CachedStatus cached = ended.getIfPresent(job);
        if (cached != null && !cached.isExpired()) {
            hits.increment();
            answer(request, response, callback, cached.status(), cached.age());
            return;
        }
        var unused = reads.of(job, request.getComponents().getExecutor()).whenComplete((found, thrown) -> {
            try {
                if (thrown != null || found == null) {
                    throw Objects.requireNonNullElseGet(thrown, OutOfMemoryError::new); // not even for the failure
                }
                StatusAnswer status = StatusAnswer.of(found.orElseThrow(ApiError::taskNotFound), extras);
                if (!status.isPending()) {
                    ended.put(job, new CachedStatus(status, System.nanoTime()));
                }
                answer(request, response, callback, status, Duration.ZERO);
            } catch (Throwable e) {
                JettyAnswers.fail(request, response, callback, e);
            }
        });
    }

    /** The id in the path of a plain read; null if the request is not one. */
    private @Nullable JobId jobOfPlainRead(Request request) {
        String path = request.getHttpURI().getPath();
        boolean plain = "GET".equals(request.getMethod())
                && request.getHttpURI().getQuery() == null
                && path.length() == before.length() + ID_LENGTH + after.length()
                && path.startsWith(before)
                && path.endsWith(after)
                && isPlain(request.getHeaders());
        try {
            return plain ? JobId.parse(path.substring(before.length(), before.length() + ID_LENGTH)) : null;
        } catch (InvalidValueException e) {
            return null;
        }
    }

    /** Java's client sends {@code Content-Length: 0} with a GET before JDK 19. */
    private static boolean isPlain(HttpFields headers) {
        List<String> accept = headers.getValuesList(HttpHeader.ACCEPT);
        String length = headers.get(HttpHeader.CONTENT_LENGTH);
        return (accept.isEmpty() || (accept.size() == 1 && PLAIN_ACCEPT.contains(accept.get(0))))
                && !headers.contains("Prefer")
                && !headers.contains(HttpHeader.EXPECT)
                && (length == null || length.equals("0"))
                && !headers.contains(HttpHeader.TRANSFER_ENCODING);
    }

    private static void answer(
            Request request, Response response, Callback callback, StatusAnswer status, Duration age) {
        List<String> ifNoneMatch = request.getHeaders().getValuesList(HttpHeader.IF_NONE_MATCH);
        JettyAnswers.write(request, response, callback, status.toRead(age, ifNoneMatch));
    }
}
