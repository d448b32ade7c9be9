package dev.asyncjob.http.internal.access;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ClientSlotsTest {
    private final ClientSlots<String> slots = new ClientSlots<>(3);

    @Test
    void a_client_has_so_many_slots_and_takes_all_that_it_asks_for_or_none() {
        assertThat(slots.take("a", 2)).isNotNull();
        assertThat(slots.take("a", 2)).isNull();
        assertThat(slots.take("a")).isNotNull();
        assertThat(slots.take("a")).isNull();
        assertThat(slots.take("b", 4)).isNull();
        assertThat(slots.take("b", 3)).isNotNull();
        assertThat(slots.takenBy("a")).isEqualTo(3);
    }

    @Test
    void slots_are_given_back_when_the_statement_that_took_them_ends_unless_they_are_kept() {
        CompletableFuture<String> end = new CompletableFuture<>();
        try (ClientSlots<String>.Slot slot = slots.take("a", 2)) {
            assertThat(slot).isNotNull();
        }
        assertThat(slots.takenBy("a")).isZero();

        try (ClientSlots<String>.Slot slot = requireNonNull(slots.take("a", 2))) {
            slot.keptUntil(end);
        }
        assertThat(slots.takenBy("a")).isEqualTo(2);
        end.completeExceptionally(new IllegalStateException("on purpose"));
        assertThat(slots.takenBy("a")).isZero();
    }

    @Test
    void slots_are_given_back_once() {
        ClientSlots<String>.Slot other = requireNonNull(slots.take("a"));
        try (ClientSlots<String>.Slot slot = requireNonNull(slots.take("a"))) {
            slot.keptUntil(CompletableFuture.failedFuture(new IllegalStateException("on purpose")));
            slot.free();
        }
        assertThat(slots.takenBy("a")).isEqualTo(1);
        other.free();
        assertThat(slots.takenBy("a")).isZero();
    }
}
