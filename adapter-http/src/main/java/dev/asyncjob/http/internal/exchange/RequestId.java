package dev.asyncjob.http.internal.exchange;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.eclipse.jetty.server.Request;

/** The id of one request in responses and logs: the client's, if it is well-formed, else a new one. */
public final class RequestId {
    /** The header of requests and responses. */
    public static final String HEADER = "x-request-id";

    /** The request attribute with the id. */
    private static final String ATTRIBUTE = "dev.asyncjob.requestId";

    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._#:-]{1,128}");

    private RequestId() {}

    /** The request's id; every call for one request returns the same. */
    public static String of(Request request) {
        if (request.getAttribute(ATTRIBUTE) instanceof String known) {
            return known;
        }
        String id = of(request.getHeaders().getValuesList(HEADER));
        request.setAttribute(ATTRIBUTE, id);
        return id;
    }

    /**
     * The id of a request: the one that the client sent if it is valid, else a new one.
     *
     * @param sent the header's lines, possibly none
     */
    public static String of(List<String> sent) {
        return sent.size() == 1 && WELL_FORMED.matcher(sent.get(0)).matches() ? sent.get(0) : fresh();
    }

    /** A UUID of version 4 that need not be a secret: {@link UUID#randomUUID} has one lock for all threads. */
    private static String fresh() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long version = (random.nextLong() & ~0xf000L) | 0x4000L;
        long variant = (random.nextLong() >>> 2) | Long.MIN_VALUE;
        return new UUID(version, variant).toString();
    }
}
