package dev.asyncjob.domain;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The place in a distributed trace where a job was scheduled, as W3C Trace Context has it. It comes with a request and
 * goes on to the job's handler; nothing here depends on it, and no two requests differ by it.
 *
 * @param traceparent version 00: {@code 00-TRACE-PARENT-FLAGS}, of 55 characters
 * @param tracestate members {@code key=value}, separated by commas, 1 to {@value #MAX_STATE} characters; null for none
 */
public record TraceContext(String traceparent, @Nullable String tracestate) {
    /** Characters of a {@code tracestate} at most; a longer one is dropped. */
    public static final int MAX_STATE = 512;

    private static final int MAX_MEMBERS = 32;
    private static final int LENGTH = 55;
    private static final Pattern PARENT =
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");
    private static final Pattern MEMBER =
            Pattern.compile("([a-z0-9][a-z0-9_*/@-]{0,255})=[ -+\\--<>-~]{0,255}[!-+\\--<>-~]");

    /** Flags that are known: sampled, and a random trace id. */
    private static final int KNOWN_FLAGS = 3;

    /** @throws InvalidValueException if a value breaks its rule */
    public TraceContext {
        Rules.format("traceparent", traceparent, PARENT, "of version 00, as W3C Trace Context has it");
        if (!traceparent.startsWith("00-")) {
            throw new InvalidValueException("format", "traceparent must be of version 00", List.of());
        }
        if (tracestate != null && !tracestate.equals(stateOf(List.of(tracestate)))) {
            throw new InvalidValueException("format", "tracestate must be as W3C Trace Context has it", List.of());
        }
    }

    /**
     * The context that the headers of a request state, as the recommendation reads them: null without exactly one
     * {@code traceparent} that is valid. A later version is read as version 00. A {@code tracestate} that is invalid or
     * too long is dropped alone.
     *
     * @param traceparent the lines of the header
     * @param tracestate the lines of the header
     */
    public static @Nullable TraceContext read(List<String> traceparent, List<String> tracestate) {
        String parent = traceparent.size() == 1 ? traceparent.get(0).strip() : "";
        boolean later = parent.length() > LENGTH && parent.charAt(LENGTH) == '-' && !parent.startsWith("00");
        String known = later ? parent.substring(0, LENGTH) : parent;
        if (!PARENT.matcher(known).matches()) {
            return null;
        }
        int flags = Integer.parseInt(known.substring(LENGTH - 2), 16) & KNOWN_FLAGS;
        return new TraceContext("00" + known.substring(2, LENGTH - 2) + "0" + flags, stateOf(tracestate));
    }

    /** The members of all lines; null if there are none or they break a rule. */
    private static @Nullable String stateOf(List<String> lines) {
        List<String> members = lines.stream()
                .flatMap(line -> Stream.of(line.split(",", -1)))
                .map(String::strip)
                .filter(member -> !member.isEmpty())
                .toList();
        Set<String> keys = new HashSet<>();
        boolean valid =
                members.stream().map(MEMBER::matcher).allMatch(member -> member.matches() && keys.add(member.group(1)));
        String state = members.stream().collect(Collectors.joining(","));
        return valid && !members.isEmpty() && members.size() <= MAX_MEMBERS && state.length() <= MAX_STATE
                ? state
                : null;
    }

    /** The id of the trace: 32 hexadecimal digits. */
    public String traceId() {
        return traceparent.substring(3, 35);
    }
}
