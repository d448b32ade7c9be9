package dev.asyncjob.http.settings;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobResult;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The settings of the HTTP API and its server (contract section 4). Immutable.
 *
 * @param host the address on which the server listens
 * @param port 0 to 65535; 0 means any free port
 * @param basePath put before every path: empty, or {@code /a/b} without a slash at the end and without dot segments
 * @param statusPath the status method's path template, with {@value #ID} as one whole segment
 * @param maxBody bytes of a request body at most, 1 KiB to 16 MiB
 * @param maxWait the longest time for which a response is deferred, 0 to 10 minutes
 * @param virtualThreads whether requests run in virtual threads, which requires Java 21 or later
 * @param docs whether {@code /docs} and {@code /openapi.yaml} are served
 * @param limits the limits for clients
 * @param extras what every status answer has beside the status
 * @param maxResult bytes of a result that a worker gives at most, 1 to {@link #MAX_RESULT}
 */
public record HttpSettings(
        String host,
        int port,
        String basePath,
        String statusPath,
        int maxBody,
        Duration maxWait,
        boolean virtualThreads,
        boolean docs,
        HttpLimits limits,
        Set<StatusExtra> extras,
        int maxResult) {
    /** The placeholder of the job's id in {@link #statusPath}. */
    public static final String ID = "{asyncJobId}";

    /** The smallest {@link #maxBody}, in bytes. */
    public static final int MIN_BODY = 1 << 10;

    /** The largest {@link #maxBody}, in bytes. */
    public static final int MAX_BODY = 1 << 24;

    /** The largest {@link #maxResult}, in bytes. */
    public static final int MAX_RESULT = JobResult.MAX_LENGTH;

    /** The largest {@link #maxWait}. */
    public static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

    /** Whether this JVM has virtual threads (JEP 444). */
    private static final boolean HAS_VIRTUAL_THREADS = Runtime.version().feature() >= 21;

    private static final Pattern HOST = Pattern.compile("[0-9A-Za-z.:%_-]{1,255}");

    /** A slash and unreserved characters of RFC 3986, but neither {@code /.} nor {@code /..}. */
    private static final String SEGMENT = "(?:/(?!\\.\\.?(?:/|$))[A-Za-z0-9._~-]+)";

    private static final Pattern BASE_PATH = Pattern.compile(SEGMENT + "*");
    private static final Pattern STATUS_PATH = Pattern.compile(SEGMENT + "*/\\{asyncJobId}" + SEGMENT + "*");

    /** @throws InvalidValueException if a value breaks its rule */
    public HttpSettings {
        require(HOST.matcher(host).matches(), "must be a host name or an address");
        require(port >= 0 && port <= 65_535, "must be a whole number, 0 to 65535");
        require(
                BASE_PATH.matcher(basePath).matches(),
                "must be empty or a path such as /api, without a slash at the end");
        require(
                STATUS_PATH.matcher(statusPath).matches(),
                "must be a path such as /jobs/{asyncJobId}, with {asyncJobId} as one whole segment");
        require(maxBody >= MIN_BODY && maxBody <= MAX_BODY, "must be %s to %s bytes".formatted(MIN_BODY, MAX_BODY));
        require(!maxWait.isNegative() && maxWait.compareTo(LONGEST_WAIT) <= 0, "must be 0 s to 10 min");
        require(maxResult >= 1 && maxResult <= MAX_RESULT, "must be 1 to %s bytes".formatted(MAX_RESULT));
        extras = Set.copyOf(extras);
        require(!virtualThreads || HAS_VIRTUAL_THREADS, "must be false before Java 21");
    }

    /** The contract's defaults; virtual threads on Java 21 or later. */
    public static HttpSettings defaults() {
        return new HttpSettings(
                "127.0.0.1",
                8080,
                "",
                "/patients/composition/job/" + ID,
                64 << 10,
                Duration.ofSeconds(55),
                HAS_VIRTUAL_THREADS,
                true,
                HttpLimits.defaults(),
                Set.of(),
                16 << 10);
    }

    /** The same settings with another address. */
    public HttpSettings listeningOn(String host, int port) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, docs, limits, extras, maxResult);
    }

    /** The same settings with other paths. */
    public HttpSettings withPaths(String basePath, String statusPath) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, docs, limits, extras, maxResult);
    }

    /** The same settings with another limit for bodies, in bytes. */
    public HttpSettings withMaxBody(int bytes) {
        return new HttpSettings(
                host, port, basePath, statusPath, bytes, maxWait, virtualThreads, docs, limits, extras, maxResult);
    }

    /** The same settings with another limit for deferred responses. */
    public HttpSettings withMaxWait(Duration wait) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, wait, virtualThreads, docs, limits, extras, maxResult);
    }

    /** The same settings with virtual threads or with platform threads. */
    public HttpSettings withVirtualThreads(boolean virtual) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtual, docs, limits, extras, maxResult);
    }

    /** The same settings with or without {@code /docs} and {@code /openapi.yaml}. */
    public HttpSettings withDocs(boolean served) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, served, limits, extras, maxResult);
    }

    /** The same settings with other limits. */
    public HttpSettings withLimits(HttpLimits others) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, docs, others, extras, maxResult);
    }

    /** The same settings with other extras in every status answer. */
    public HttpSettings withExtras(Set<StatusExtra> others) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, docs, limits, others, maxResult);
    }

    /** The same settings with another limit for results, in bytes. */
    public HttpSettings withMaxResult(int bytes) {
        return new HttpSettings(
                host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, docs, limits, extras, bytes);
    }

    /** The path of one job's status, base path included. */
    public String statusPathOf(JobId id) {
        return basePath + statusPath.replace(ID, id.toString());
    }

    /** The path of all jobs' status: {@link #statusPath} without the segment {@link #ID}, and without base path. */
    public String statusesPath() {
        String others = statusPath.replace("/" + ID, "");
        return others.isEmpty() ? "/" : others;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new InvalidValueException("format", message, List.of());
        }
    }
}
