package dev.asyncjob.http;

import java.util.regex.Pattern;

/**
 * Where and how the HTTP face is shown (contract section 4).
 *
 * @param host the address to listen on
 * @param port 0 to 65535; 0 takes any free port
 * @param basePath put before every path: empty, or {@code /a/b} without a slash at the end
 * @param statusPath the status method's path template, with {@value #ID} as one whole segment
 * @param maxBody bytes of a request body at most, 1 KiB to 16 MiB
 */
public record HttpSettings(String host, int port, String basePath, String statusPath, int maxBody) {
    /** The placeholder of the job's id in {@link #statusPath}. */
    public static final String ID = "{asyncJobId}";

    private static final Pattern BASE_PATH = Pattern.compile("(/[A-Za-z0-9._~-]+)*");
    private static final Pattern STATUS_PATH =
            Pattern.compile("(/[A-Za-z0-9._~-]+)*/\\{asyncJobId}(/[A-Za-z0-9._~-]+)*");

    /** @throws IllegalArgumentException if a value breaks its rule */
    public HttpSettings {
        require(!host.isBlank(), "host must not be empty");
        require(port >= 0 && port <= 65_535, "port must be 0 to 65535");
        require(BASE_PATH.matcher(basePath).matches(), "basePath must be empty or like /a/b");
        require(STATUS_PATH.matcher(statusPath).matches(), "statusPath must be like /a/b/" + ID);
        require(maxBody >= 1 << 10 && maxBody <= 1 << 24, "maxBody must be 1 KiB to 16 MiB");
    }

    /** The contract's defaults. */
    public static HttpSettings defaults() {
        return new HttpSettings("127.0.0.1", 8080, "", "/patients/composition/job/" + ID, 64 << 10);
    }

    /** The same on another address. */
    public HttpSettings listeningOn(String otherHost, int otherPort) {
        return new HttpSettings(otherHost, otherPort, basePath, statusPath, maxBody);
    }

    /** The same under other paths. */
    public HttpSettings withPaths(String otherBasePath, String otherStatusPath) {
        return new HttpSettings(host, port, otherBasePath, otherStatusPath, maxBody);
    }

    /** The same with another limit for bodies. */
    public HttpSettings withMaxBody(int bytes) {
        return new HttpSettings(host, port, basePath, statusPath, bytes);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
