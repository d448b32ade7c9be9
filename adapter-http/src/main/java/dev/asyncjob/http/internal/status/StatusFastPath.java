package dev.asyncjob.http.internal.status;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.internal.access.AccessGate;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.Errors;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import dev.asyncjob.http.internal.exchange.RequestId;
import dev.asyncjob.http.internal.jetty.JettyErrors;
import dev.asyncjob.http.settings.HttpSettings;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * The short way of the requests that come most: plain reads of a status are answered here, without Javalin and without
 * a thread that waits for the database; everything else goes on to the routes.
 *
 * <p>What it answers is what {@link StatusRoutes} would. A job that has ended never changes again, so its answer is
 * remembered. Thread-safe.
 */
public final class StatusFastPath extends Handler.Wrapper {
    /** Bytes that remembered answers may take, and as a part of the heap. */
    static final long MAX_REMEMBERED = 64 << 20;

    private static final int PART_OF_HEAP = 8;

    /** What an entry takes besides its body. */
    private static final int ENTRY = 400;

    private static final int ID_LENGTH = 36;
    private static final List<Scope> SCOPES = List.of(Scope.COMPOSITION_READ);
    private static final List<String> PLAIN = List.of("*/*", "application/json");

    private static final HttpField CONTENT_TYPE = new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, Errors.JSON);
    private static final HttpField NO_SNIFF = new PreEncodedHttpField("X-Content-Type-Options", "nosniff");
    private static final HttpField VARY = new PreEncodedHttpField(HttpHeader.VARY, HttpExchange.VARY);

    private final String route;
    private final String before;
    private final String after;
    private final AccessGate gate;
    private final ReadCoalescer reads;
    private final Cache<JobKey, Remembered> ended;

    /**
     * @param route the status method's whole path, a template
     * @param gate the one that the routes have, too
     */
    public StatusFastPath(String route, AccessGate gate, GetJobStatus getJobStatus) {
        this.route = route;
        this.before = route.substring(0, route.indexOf(HttpSettings.ID));
        this.after = route.substring(before.length() + HttpSettings.ID.length());
        this.gate = gate;
        this.reads = new ReadCoalescer(getJobStatus);
        this.ended = Caffeine.newBuilder()
                .maximumWeight(Math.min(MAX_REMEMBERED, Runtime.getRuntime().maxMemory() / PART_OF_HEAP))
                .weigher((JobKey job, Remembered known) -> known.answer().body().length + ENTRY)
                .executor(Runnable::run)
                .build();
    }

    /** The end of a job, and when it was read. */
    private record Remembered(StatusAnswer answer, long readAt) {
        Duration age() {
            return Duration.ofNanos(System.nanoTime() - readAt);
        }

        boolean isForgotten() {
            return answer.freshFor(age()).compareTo(Duration.ZERO) <= 0;
        }
    }

    private record Asking(Request request) implements AccessGate.Asking {
        @Override
        public List<String> headers(String name) {
            return request.getHeaders().getValuesList(name);
        }

        @Override
        public String peer() {
            return Request.getRemoteAddr(request);
        }

        @Override
        public void identify(Owner client) {
            request.setAttribute(HttpExchange.CLIENT, client);
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        JobId id = plainlyRead(request);
        if (id == null) {
            return super.handle(request, response, callback);
        }
        request.setAttribute(HttpExchange.ROUTE, route);
        try {
            JobKey job = new JobKey(gate.admit(new Asking(request), SCOPES).owner(), id);
            Remembered known = ended.getIfPresent(job);
            if (known != null && !known.isForgotten()) {
                answer(request, response, callback, known.answer(), known.age());
            } else {
                read(job, request, response, callback);
            }
        } catch (Throwable e) {
            fail(request, response, callback, e);
        }
        return true;
    }

    private void read(JobKey job, Request request, Response response, Callback callback) {
        var unused = reads.of(job, request.getComponents().getExecutor()).whenComplete((found, thrown) -> {
            try {
                if (thrown != null) {
                    throw thrown;
                }
                StatusAnswer answer = StatusAnswer.of(found.orElseThrow(ApiError::taskNotFound));
                if (!answer.isPending()) {
                    ended.put(job, new Remembered(answer, System.nanoTime()));
                }
                answer(request, response, callback, answer, Duration.ZERO);
            } catch (Throwable e) {
                fail(request, response, callback, e);
            }
        });
    }

    /** The job that is asked for, or null if anything about the request needs a closer look. */
    private @Nullable JobId plainlyRead(Request request) {
        String path = request.getHttpURI().getPath();
        boolean plain = "GET".equals(request.getMethod())
                && request.getHttpURI().getQuery() == null
                && path.length() == before.length() + ID_LENGTH + after.length()
                && path.startsWith(before)
                && path.endsWith(after)
                && wantsJsonNow(request.getHeaders());
        try {
            return plain ? JobId.parse(path.substring(before.length(), before.length() + ID_LENGTH)) : null;
        } catch (InvalidValueException e) {
            return null;
        }
    }

    private static boolean wantsJsonNow(HttpFields headers) {
        List<String> accept = headers.getValuesList(HttpHeader.ACCEPT);
        return (accept.isEmpty() || (accept.size() == 1 && PLAIN.contains(accept.get(0))))
                && !headers.contains("Prefer")
                && !headers.contains(HttpHeader.EXPECT)
                && !headers.contains(HttpHeader.CONTENT_LENGTH)
                && !headers.contains(HttpHeader.TRANSFER_ENCODING);
    }

    private static void answer(
            Request request, Response response, Callback callback, StatusAnswer answer, Duration age) {
        HttpFields.Mutable headers = response.getHeaders();
        headers.add(RequestId.HEADER, RequestId.of(request));
        headers.add(NO_SNIFF);
        headers.add(VARY);
        headers.add(HttpHeader.ETAG, answer.tag().value());
        headers.add(HttpHeader.CACHE_CONTROL, answer.cacheControl(age));
        answer.retryAfter().ifPresent(seconds -> headers.add(HttpHeader.RETRY_AFTER, seconds));
        headers.add(HttpHeader.CONTENT_LENGTH, answer.body().length);
        List<String> known = request.getHeaders().getValuesList(HttpHeader.IF_NONE_MATCH);
        if (!known.isEmpty() && answer.tag().isNamedBy(known)) {
            response.setStatus(304);
            response.write(true, null, callback);
        } else {
            headers.add(CONTENT_TYPE);
            response.write(true, ByteBuffer.wrap(answer.body()), callback);
        }
    }

    private static void fail(Request request, Response response, Callback callback, Throwable thrown) {
        if (response.isCommitted()) {
            callback.failed(thrown);
        } else {
            response.reset();
            JettyErrors.answer(request, response, callback, Errors.of(thrown, RequestId.of(request)));
        }
    }
}
