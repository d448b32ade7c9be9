package dev.asyncjob.callbacks;

import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * Sends one callback to one endpoint, as a POST in the format of Standard Webhooks, and tells what became of it.
 *
 * <p>The name of the endpoint is resolved once for each delivery, {@link AddressRules} judge all its addresses, and
 * exactly the first of them is connected to; TLS still verifies the name. Nothing that an endpoint says is passed on
 * but the code of its status. Safe for use from any thread.
 */
final class CallbackSender implements AutoCloseable {
    /** The time for all of one delivery: to resolve, to connect, for TLS, and until the response has ended. */
    static final Duration LIMIT = Duration.ofSeconds(10);

    /** Bytes of a response's body that are read at most; then the connection is closed. */
    static final int MAX_RESPONSE = 64 << 10;

    /** How long the end of a request may follow its time limit. */
    private static final Duration GRACE = Duration.ofSeconds(2);

    private static final int GONE = 410;
    private static final Pattern LOOPBACK = Pattern.compile("127(\\.\\d{1,3}){3}|\\[::1]");

    /** Hosts that some resolvers read as an IPv4 address, and others as another address or as a name. */
    private static final Pattern ENDS_IN_NUMBER = Pattern.compile("(.*\\.)?([0-9]+|0[xX][0-9A-Fa-f]*)\\.?");

    private static final Pattern IPV4 = Pattern.compile("(?:(?:0|[1-9][0-9]{0,2})(?:\\.(?!$)|$)){4}");

    private final AddressRules rules;
    private final boolean plaintextToLoopback;
    private final InstantSource clock;
    private final Duration limit;
    private final HostNames names;
    final HttpClient client;

    /**
     * What became of a delivery.
     *
     * @param answered whether the endpoint has answered with a status
     * @param reason why it failed, without a word of the endpoint; empty if it did not fail
     */
    record Result(Verdict verdict, boolean answered, String reason) {
        static Result failed(String reason) {
            return new Result(Verdict.FAILED, false, reason);
        }

        static Result refused(String reason) {
            return new Result(Verdict.REFUSED, true, reason);
        }

        static Result ofStatus(int status) {
            boolean delivered = status / 100 == 2;
            Verdict verdict = delivered ? Verdict.DELIVERED : status == GONE ? Verdict.GONE : Verdict.FAILED;
            return new Result(verdict, true, delivered ? "" : "endpoint answered " + status);
        }
    }

    /** The kinds of results. */
    enum Verdict {
        /** The endpoint has taken it: a status of 200 to 299. */
        DELIVERED,

        /** The endpoint wants no callbacks any more: 410. */
        GONE,

        /** Another attempt may succeed. */
        FAILED,

        /** It was not sent: the scheme or an address is not allowed. */
        REFUSED
    }

    /** @param clock for the time in signatures */
    CallbackSender(CallbackSettings settings, InstantSource clock) {
        this(settings, clock, LIMIT, name -> List.of(InetAddress.getAllByName(name)), null);
    }

    /** @param tls the certificates to trust; null for those that this JVM trusts */
    CallbackSender(
            CallbackSettings settings,
            InstantSource clock,
            Duration limit,
            HostNames.Resolver resolver,
            @Nullable SSLContext tls) {
        this.rules = settings.addressRules();
        this.plaintextToLoopback = settings.plaintextToLoopback();
        this.clock = clock;
        this.limit = limit;
        this.names = new HostNames(resolver);
        this.client = OneShotClient.start(limit, tls);
    }

    /**
     * Sends a callback, and blocks for {@link #LIMIT} at most.
     *
     * @param id the same for every attempt at it
     * @param body JSON
     */
    Result send(Endpoint endpoint, String id, byte[] body) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        URI url = endpoint.url();
        String host = url.getHost();
        boolean plain = plaintextToLoopback
                && "http".equalsIgnoreCase(url.getScheme())
                && host != null
                && LOOPBACK.matcher(host).matches();
        if (host == null || (!plain && !"https".equalsIgnoreCase(url.getScheme()))) {
            return Result.refused("endpoint is not https");
        }
        if (ENDS_IN_NUMBER.matcher(host).matches() && !IPV4.matcher(host).matches()) {
            return Result.refused("address is not allowed");
        }
        try {
            List<InetAddress> addresses = names.resolve(withoutBrackets(host), left(end));
            if (addresses.isEmpty() || !(plain || addresses.stream().allMatch(rules::allows))) {
                return Result.refused("address is not allowed");
            }
            return sendTo(addresses.get(0), endpoint, id, body, end);
        } catch (UnknownHostException e) {
            return Result.failed("host name is unknown");
        } catch (TimeoutException e) {
            return Result.failed("host name was not resolved in time");
        }
    }

    private Result sendTo(InetAddress address, Endpoint endpoint, String id, byte[] body, long end)
            throws InterruptedException {
        long seconds = clock.instant().getEpochSecond();
        String signature = Signature.of(id, seconds, body, endpoint.secrets());
        Request request = client.newRequest(endpoint.url())
                .transport(new OneShotClient.OneAddress(address, endpoint.url()))
                .method(HttpMethod.POST)
                .headers(headers -> headers.put("webhook-id", id)
                        .put("webhook-timestamp", Long.toString(seconds))
                        .put("webhook-signature", signature)
                        .put(HttpHeader.CONNECTION, "close"))
                .body(new BytesRequestContent("application/json", body))
                .timeout(Math.max(1, left(end).toMillis()), TimeUnit.MILLISECONDS);
        Exchange exchange = new Exchange();
        exchange.sendWith(request);
        try {
            return exchange.result.get(left(end).plus(GRACE).toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            var unused = request.abort(e);
            throw e;
        } catch (ExecutionException | TimeoutException e) {
            var unused = request.abort(e);
            return Result.failed("no answer in time");
        }
    }

    private static Duration left(long end) {
        return Duration.ofNanos(end - System.nanoTime());
    }

    private static String withoutBrackets(String host) {
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    /** One request and its response. Once there is a status, it decides, whatever becomes of the rest. */
    private static final class Exchange {
        final CompletableFuture<Result> result = new CompletableFuture<>();
        private volatile @Nullable Integer status;
        private int read; // by one thread at a time

        void sendWith(Request request) {
            request.onResponseHeaders(response -> status = response.getStatus())
                    .onResponseContent((response, content) -> {
                        read += content.remaining();
                        if (read > MAX_RESPONSE) {
                            var unused = response.abort(new IllegalStateException("the response is too long"));
                        }
                    })
                    .send(ended -> result.complete(resultOf(ended.getFailure())));
        }

        private Result resultOf(@Nullable Throwable failure) {
            Integer answered = status;
            return answered != null ? Result.ofStatus(answered) : Result.failed(reason(failure));
        }

        private static String reason(@Nullable Throwable failure) {
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof TimeoutException) {
                    return "no answer in time";
                } else if (cause instanceof HttpResponseException) {
                    return "answer is not HTTP";
                } else if (cause instanceof SSLException) {
                    return "TLS failed: certificate or protocol";
                } else if (cause instanceof ConnectException) {
                    return Objects.requireNonNullElse(cause.getMessage(), "").contains("refused")
                            ? "connection refused"
                            : "connection failed";
                }
            }
            return "connection lost";
        }
    }

    @Override
    public void close() {
        names.close();
        try {
            client.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP client does not stop", e);
        }
    }
}
