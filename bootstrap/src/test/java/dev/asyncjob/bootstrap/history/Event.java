package dev.asyncjob.bootstrap.history;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One operation of a client, or one fault.
 *
 * @param node the node that was asked, or that a fault was about; empty for none
 * @param request the id of the request; for a fault, its name
 * @param job the id of the job that the request names, if it names one
 * @param token the lease token of the request, 0 for none
 * @param began when it was sent, in microseconds since the history began
 * @param ended when its answer was there, or its client gave up, on the same clock
 * @param answer what was answered; null if there was no whole answer, so that its effect is unknown
 * @param details what else the request said; the keys are the constants of this class
 */
record Event(
        Kind kind,
        String node,
        String request,
        @Nullable String job,
        long token,
        long began,
        long ended,
        @Nullable Answer answer,
        Map<String, String> details) {
    /** The idempotency key of a SCHEDULE. */
    static final String KEY = "key";

    /** The instant before which a SCHEDULE lets nobody claim its job, in milliseconds since 1970. */
    static final String DUE = "due";

    /** The id of a CLAIM. */
    static final String CLAIM_ID = "claimId";

    /** The lease that a CLAIM or RENEW asks for, in seconds. */
    static final String LEASE = "lease";

    /** The seconds for which a request may be held. */
    static final String WAIT = "wait";

    /** The outcome of a SETTLE, as it was sent. */
    static final String OUTCOME = "outcome";

    /** Whether a SETTLE lets the job be tried again. */
    static final String RETRY = "retry";

    /** The body of OUTCOMES, as it was sent. */
    static final String SENT = "sent";

    /** Set if a READ was made after the load had ended. */
    static final String LAST = "last";

    /** Set if a request passed a line with faults between client and node. */
    static final String LINE = "line";

    /** Of a STREAM: how it ended, "told" after the end of the job, "cut", or "open" when its client left. */
    static final String STREAM = "stream";

    /** Set if the node of a FAULT could not answer. */
    static final String AWAY = "away";

    /** What an operation or a fault is. */
    enum Kind {
        SCHEDULE,
        CLAIM,
        RENEW,
        SETTLE,
        OUTCOMES,
        READ,
        WAIT,
        PROBE,
        CANCEL,
        LIST,
        /** A state that a stream told; it began when the state before was told. */
        TOLD,
        /** A stream, from its request to its end. */
        STREAM,
        FAULT,
        /** The load or a fault itself failed. */
        BROKEN
    }

    /**
     * An answer.
     *
     * @param tag its {@code ETag}, if it has one
     * @param retryAfter whether it says when to come again
     */
    record Answer(int status, String body, @Nullable String tag, boolean retryAfter) {}

    Event {
        details = Map.copyOf(details);
    }

    /** Returns the status of the answer, 0 if it is unknown. */
    @JsonIgnore
    int status() {
        return answer == null ? 0 : answer.status();
    }

    @JsonIgnore
    boolean is(Kind wanted, int status) {
        return kind == wanted && status() == status;
    }

    /** Returns {@code data} of the answer's body. */
    @JsonIgnore
    JsonNode data() {
        return answer == null
                ? MissingNode.getInstance()
                : History.parse(answer.body()).path("data");
    }

    boolean has(String detail) {
        return details.containsKey(detail);
    }

    String detail(String name) {
        return details.getOrDefault(name, "");
    }

    /** Returns a detail that is a number, 0 without it. */
    long number(String name) {
        return Long.parseLong(details.getOrDefault(name, "0"));
    }

    Event withDetail(String name, String value) {
        Map<String, String> more = new HashMap<>(details);
        more.put(name, value);
        return new Event(kind, node, request, job, token, began, ended, answer, more);
    }

    Event withAnswer(@Nullable Answer other) {
        return new Event(kind, node, request, job, token, began, ended, other, details);
    }

    Event withTimes(long newBegin, long newEnd) {
        return new Event(kind, node, request, job, token, newBegin, newEnd, answer, details);
    }

    Event withToken(long other) {
        return new Event(kind, node, request, job, other, began, ended, answer, details);
    }
}
