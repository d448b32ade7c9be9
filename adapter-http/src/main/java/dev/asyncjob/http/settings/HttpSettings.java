package dev.asyncjob.http.settings;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where and how the HTTP face is shown (contract section 4).
 *
 * @param host the address to listen on
 * @param port 0 to 65535; 0 takes any free port
 * @param basePath put before every path: empty, or {@code /a/b} without a slash at the end and without dot segments
 * @param statusPath the status method's path template, with {@value #ID} as one whole segment
 * @param maxBody bytes of a request body at most, 1 KiB to 16 MiB
 * @param maxWait how long an answer is held at most for a client that is ready to wait, 0 to 10 minutes
 * @param virtualThreads whether requests are answered in virtual threads, which the JVM must have: Java 21 or later
 * @param limits how much else is taken from outside
 */
public record HttpSettings(
        String host,
        int port,
        String basePath,
        String statusPath,
        int maxBody,
        Duration maxWait,
        boolean virtualThreads,
        HttpLimits limits) {
    /** The placeholder of the job's id in {@link #statusPath}. */
    public static final String ID = "{asyncJobId}";

    /** Bytes of a request's body that every service takes. */
    public static final int MIN_BODY = 1 << 10;

    /** Bytes of a request's body that no service takes more of. */
    public static final int MAX_BODY = 1 << 24;

    /** The longest that any service holds an answer. */
    public static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

    private static final int JVM = Runtime.version().feature();
    private static final int FIRST_WITH_VIRTUAL_THREADS = 21; // JEP 444

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
        require(maxBody >= MIN_BODY && maxBody <= MAX_BODY, "must be %d to %d bytes".formatted(MIN_BODY, MAX_BODY));
        require(!maxWait.isNegative() && maxWait.compareTo(LONGEST_WAIT) <= 0, "must be 0 s to 10 min");
        require(!virtualThreads || JVM >= FIRST_WITH_VIRTUAL_THREADS, "must be false before Java 21");
    }

    /** The contract's defaults. */
    public static HttpSettings defaults() {
        return new HttpSettings(
                "127.0.0.1",
                8080,
                "",
                "/patients/composition/job/" + ID,
                64 << 10,
                Duration.ofSeconds(55),
                false,
                HttpLimits.defaults());
    }

    /** The same on another address. */
    public HttpSettings listeningOn(String otherHost, int otherPort) {
        return new HttpSettings(otherHost, otherPort, basePath, statusPath, maxBody, maxWait, virtualThreads, limits);
    }

    /** The same under other paths. */
    public HttpSettings withPaths(String otherBasePath, String otherStatusPath) {
        return new HttpSettings(host, port, otherBasePath, otherStatusPath, maxBody, maxWait, virtualThreads, limits);
    }

    /** The same with another limit for bodies. */
    public HttpSettings withMaxBody(int bytes) {
        return new HttpSettings(host, port, basePath, statusPath, bytes, maxWait, virtualThreads, limits);
    }

    /** The same with another limit for held answers. */
    public HttpSettings withMaxWait(Duration wait) {
        return new HttpSettings(host, port, basePath, statusPath, maxBody, wait, virtualThreads, limits);
    }

    /** The same in virtual threads or in threads of the platform. */
    public HttpSettings withVirtualThreads(boolean virtual) {
        return new HttpSettings(host, port, basePath, statusPath, maxBody, maxWait, virtual, limits);
    }

    /** The same with other limits. */
    public HttpSettings withLimits(HttpLimits others) {
        return new HttpSettings(host, port, basePath, statusPath, maxBody, maxWait, virtualThreads, others);
    }

    /** The path of one job's status, as clients see it. */
    public String statusPathOf(JobId id) {
        return basePath + statusPath.replace(ID, id.toString());
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new InvalidValueException("format", message, List.of());
        }
    }
}
