package dev.asyncjob.http.internal.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Authenticator.Cause;
import dev.asyncjob.domain.Owner;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class RefusalLogTest {
    private final List<String> lines = new ArrayList<>();
    private final Queue<Runnable> later = new ArrayDeque<>();
    private final RefusalLog log = new RefusalLog(lines::add, later::add);

    @Test
    void a_refusal_is_one_line_of_json_with_what_is_known() {
        Cause cause = new Cause("unknown-token", Optional.of(new Owner("a\"b")), "api-key 2026-11-23T12:00:00Z");
        log.add("10.0.0.1", refusal("10.0.0.1", 401, cause));
        log.add("10.0.0.1", refusal("10.0.0.1", 403, Cause.of("barred")));
        assertThat(lines)
                .containsExactly(
                        "{\"time\":\"1970-01-01T00:00:00Z\",\"event\":\"refused\",\"address\":\"10.0.0.1\",\"request_id\":\"r\","
                                + "\"status\":401,\"reason\":\"unknown-token\",\"client\":\"a\\\"b\","
                                + "\"key\":\"api-key 2026-11-23T12:00:00Z\",\"count\":1}",
                        "{\"time\":\"1970-01-01T00:00:00Z\",\"event\":\"refused\",\"address\":\"10.0.0.1\",\"request_id\":\"r\","
                                + "\"status\":403,\"reason\":\"barred\",\"count\":1}");
    }

    @Test
    void a_burst_is_one_line_a_minute_with_its_number() {
        for (int i = 0; i < 1000; i++) {
            log.add("2001:db8:0:0:0:0:0:0", refusal("2001:db8::" + i, 401, Cause.of("unknown-token")));
        }
        assertThat(lines)
                .singleElement()
                .asString()
                .contains("\"address\":\"2001:db8::0\"")
                .endsWith("\"count\":1}");
        aMinutePasses();
        assertThat(lines).hasSize(2).last().asString().contains("2001:db8::999").endsWith("\"count\":999}");
        aMinutePasses();
        assertThat(lines).hasSize(2);
        assertThat(later).isEmpty();
        log.add("2001:db8:0:0:0:0:0:0", refusal("2001:db8::1", 401, Cause.of("unknown-token")));
        assertThat(lines).hasSize(3);
    }

    @Test
    void many_addresses_are_counted_together() {
        for (int i = 0; i < 10 * RefusalLog.MAX_KNOWN; i++) {
            log.add("a" + i, refusal("a" + i, 401, Cause.of("unknown-token")));
        }
        assertThat(lines).hasSize(RefusalLog.MAX_KNOWN + 1);
        assertThat(later).hasSize(RefusalLog.MAX_KNOWN + 1);
        aMinutePasses();
        assertThat(lines)
                .hasSize(RefusalLog.MAX_KNOWN + 2)
                .last()
                .asString()
                .contains("\"address\":\"others\"")
                .endsWith("\"count\":" + (9 * RefusalLog.MAX_KNOWN - 1) + "}");
        log.add("a1", refusal("a1", 401, Cause.of("unknown-token")));
        assertThat(lines).last().asString().contains("\"address\":\"a1\"");
    }

    @Test
    void an_error_silences_no_source() {
        AtomicBoolean failing = new AtomicBoolean(true);
        Consumer<Object> fail = ignored -> {
            if (failing.get()) {
                throw new OutOfMemoryError("on purpose");
            }
        };
        RefusalLog noLine =
                new RefusalLog(line -> fail.andThen(x -> lines.add(line)).accept(line), later::add);
        RefusalLog noTimer = new RefusalLog(
                lines::add, task -> fail.andThen(x -> later.add(task)).accept(task));
        for (RefusalLog each : List.of(noLine, noTimer)) {
            lines.clear();
            failing.set(true);
            each.add("a", refusal("a", 401, Cause.of("unknown-token")));
            failing.set(false);
            aMinutePasses();
            each.add("a", refusal("a", 401, Cause.of("unknown-token")));
            each.add("a", refusal("a", 401, Cause.of("unknown-token")));
            assertThat(lines).hasSize(1);
            failing.set(true);
            try {
                aMinutePasses();
            } catch (OutOfMemoryError e) { // ends in the timer
                failing.set(false);
            }
            failing.set(false);
            aMinutePasses();
            each.add("a", refusal("a", 401, Cause.of("unknown-token")));
            each.add("a", refusal("a", 401, Cause.of("unknown-token")));
            aMinutePasses();
            assertThat(lines).hasSizeGreaterThan(1);
        }
    }

    private void aMinutePasses() {
        List<Runnable> due = List.copyOf(later);
        later.clear();
        due.forEach(Runnable::run);
    }

    private static RefusalLog.Refusal refusal(String address, int status, Cause cause) {
        return new RefusalLog.Refusal(Instant.EPOCH, address, "r", status, cause);
    }
}
