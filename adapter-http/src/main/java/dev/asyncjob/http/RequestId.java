package dev.asyncjob.http;

import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/** The name of one request in answers and logs: the client's own, if it is well-formed, else a new one. */
final class RequestId {
    static final String HEADER = "x-request-id";

    private static final Pattern WELL_FORMED = Pattern.compile("[A-Za-z0-9._#:-]{1,128}");

    private RequestId() {}

    /** @param sent the header's lines, possibly none */
    static String of(List<String> sent) {
        return sent.size() == 1 && WELL_FORMED.matcher(sent.get(0)).matches()
                ? sent.get(0)
                : UUID.randomUUID().toString();
    }
}
