package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class NumbersTest {
    private static final WorkerId WORKER = new WorkerId("worker-1");

    @Test
    void attempts_are_counted_until_they_are_spent() {
        Attempts none = Attempts.none(2);

        assertThat(none).isEqualTo(new Attempts(0, 2));
        assertThat(none.spent()).isFalse();
        assertThat(none.next()).isEqualTo(new Attempts(1, 2));
        assertThat(none.next().spent()).isFalse();
        assertThat(none.next().next().spent()).isTrue();
        assertRefused(() -> none.next().next().next());
    }

    @Test
    void attempts_have_bounds() {
        assertThat(new Attempts(100, 100).spent()).isTrue();
        assertRefused(() -> new Attempts(0, 101))
                .satisfies(e -> assertThat(e).hasMessage("maxAttempts must be 1 to 100"));
        assertRefused(() -> new Attempts(0, 0));
        assertRefused(() -> new Attempts(-1, 1)).satisfies(e -> {
            assertThat(e).hasMessage("attempts made must be 0 to 1");
            assertThat(e.rule()).isEqualTo("range");
            assertThat(e.params()).containsExactly("0", "1");
        });
    }

    @Test
    void tokens_grow_from_one() {
        assertThat(LeaseToken.FIRST).isEqualTo(new LeaseToken(1));
        assertThat(LeaseToken.FIRST.next()).isEqualTo(new LeaseToken(2));
        assertRefused(() -> new LeaseToken(0));
        assertRefused(() -> new LeaseToken(Long.MAX_VALUE).next());
    }

    @Test
    void a_lease_takes_a_second_to_an_hour() {
        assertThat(Lease.length(Lease.MIN)).isEqualTo(Duration.ofSeconds(1));
        assertThat(Lease.length(Lease.MAX)).isEqualTo(Duration.ofHours(1));
        assertRefused(() -> Lease.length(Lease.MIN.minusNanos(1))).satisfies(e -> {
            assertThat(e).hasMessage("lease must be PT1S to PT1H");
            assertThat(e.rule()).isEqualTo("range");
            assertThat(e.params()).containsExactly("PT1S", "PT1H");
        });
        assertRefused(() -> Lease.length(Lease.MAX.plusNanos(1)));
    }

    @Test
    void a_claim_is_for_one_to_fifty_kinds() {
        assertThat(new Claim(WORKER, kinds(50), 1, Lease.MIN).kinds()).hasSize(50);
        assertRefused(() -> new Claim(WORKER, kinds(51), 1, Lease.MIN))
                .satisfies(e -> assertThat(e).hasMessage("number of kinds must be 1 to 50"));
        assertRefused(() -> new Claim(WORKER, Set.of(), 1, Lease.MIN));
    }

    @Test
    void a_claim_is_for_one_to_two_hundred_jobs() {
        assertThat(new Claim(WORKER, kinds(1), 200, Lease.MAX).max()).isEqualTo(200);
        assertRefused(() -> new Claim(WORKER, kinds(1), 0, Lease.MAX));
        assertRefused(() -> new Claim(WORKER, kinds(1), 201, Lease.MAX))
                .satisfies(e -> assertThat(e).hasMessage("max must be 1 to 200"));
    }

    @Test
    void a_claim_asks_for_a_lease_within_its_bounds() {
        assertRefused(() -> new Claim(WORKER, kinds(1), 1, Lease.MAX.plusNanos(1)));
        assertRefused(() -> new Claim(WORKER, kinds(1), 1, Duration.ZERO));
    }

    @Test
    void a_claim_is_independent_of_the_given_set() {
        Set<JobKind> kinds = new HashSet<>(Set.of(KIND));
        Claim claim = new Claim(WORKER, kinds, 1, Lease.MIN);
        kinds.clear();

        assertThat(claim.kinds()).containsExactly(KIND);
    }

    private static Set<JobKind> kinds(int count) {
        return IntStream.range(0, count).mapToObj(n -> new JobKind("k" + n)).collect(Collectors.toSet());
    }
}
