package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClaimTest {
    private static final Claim CLAIM = new Claim(new WorkerId("w"), Set.of(new JobKind("k")), 10, Lease.MIN);
    private static final long HALF = Claim.MAX_PAYLOAD / 2;

    private static Claim.Candidate candidate(long payload) {
        return new Claim.Candidate(2, false, payload);
    }

    private static final Claim.Candidate SUSPECT = new Claim.Candidate(1, true, 1);
    private static final Claim.Candidate LAST = new Claim.Candidate(1, false, 1);

    private static List<Claim.Candidate> chosen(Claim claim, Claim.Candidate... due) {
        return claim.choose(List.of(due), one -> one);
    }

    @Test
    void all_jobs_are_ready_unless_the_worker_says_otherwise() {
        assertThat(CLAIM.ready()).isEqualTo(10);
        assertThat(CLAIM.withReady(3).withId(ClaimId.of(new Owner("o"), "c")).ready())
                .isEqualTo(3);
        assertThat(CLAIM.withReady(0).ready()).isZero();
        assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> CLAIM.withReady(11));
        assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> CLAIM.withReady(-1));
    }

    @Test
    void payloads_fill_the_limit_and_the_first_may_exceed_it() {
        assertThat(chosen(CLAIM)).isEmpty();
        assertThat(chosen(CLAIM, candidate(HALF), candidate(HALF), candidate(1)))
                .hasSize(2);
        assertThat(chosen(CLAIM, candidate(3 * HALF), candidate(0))).hasSize(1);
    }

    @Test
    void a_suspect_is_chosen_alone_and_only_as_the_first() {
        assertThat(chosen(CLAIM, SUSPECT, SUSPECT, candidate(1))).containsExactly(SUSPECT);
        assertThat(chosen(CLAIM, candidate(1), SUSPECT, candidate(2))).containsExactly(candidate(1));
    }

    @Test
    void a_last_attempt_is_chosen_only_for_an_idle_thread() {
        assertThat(chosen(CLAIM.withReady(2), candidate(1), LAST, LAST, candidate(2)))
                .containsExactly(candidate(1), LAST, candidate(2));
        assertThat(chosen(CLAIM.withReady(0), LAST, candidate(1))).containsExactly(candidate(1));
    }

    @Test
    void a_held_lease_is_named_by_its_job_and_its_token() {
        JobId id = Examples.ID;
        HeldLease first = new HeldLease(id, LeaseToken.FIRST);
        assertThat(first).isEqualTo(new HeldLease(id, LeaseToken.FIRST));
        assertThat(first).isNotEqualTo(new HeldLease(id, LeaseToken.FIRST.next()));
    }
}
