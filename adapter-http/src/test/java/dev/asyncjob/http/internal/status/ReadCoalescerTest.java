package dev.asyncjob.http.internal.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.Batcher;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.ApiFixture;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Test;

class ReadCoalescerTest {
    private static final JobKey ONE = job(ApiFixture.CLINIC, 1);
    private static final JobKey TWO = job(ApiFixture.CLINIC, 2);
    private static final JobKey THREE = job(ApiFixture.CLINIC, 3);

    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private final List<Set<JobKey>> questions = new ArrayList<>();
    private final Set<JobKey> unreadable = new HashSet<>();
    private boolean away;
    private Runnable duringQuestion = () -> {};
    private final ReadCoalescer reads = new ReadCoalescer(new Jobs());

    /** All jobs are there; those of {@link #unreadable} make any question fail that asks for them. */
    private final class Jobs implements GetJobStatus {
        @Override
        public Optional<JobSnapshot> status(Owner reader, JobId id) {
            throw new AssertionError("asked one by one");
        }

        @Override
        public List<JobSnapshot> statuses(Set<JobKey> asked) {
            questions.add(Set.copyOf(asked));
            duringQuestion.run();
            if (away) {
                throw new StoreUnavailable(new IOException("away"));
            }
            if (asked.stream().anyMatch(unreadable::contains)) {
                throw new IllegalStateException("unreadable");
            }
            return asked.stream()
                    .map(job ->
                            new JobSnapshot(ApiFixture.pending(job.id().toString(), job.owner()), ApiFixture.CREATED))
                    .toList();
        }
    }

    private static JobKey job(Owner owner, long number) {
        return new JobKey(owner, new JobId(new UUID(0x4000, number)));
    }

    private CompletableFuture<Optional<JobSnapshot>> read(JobKey job) {
        return reads.of(job, tasks::add);
    }

    private void runAll() {
        while (!tasks.isEmpty()) {
            tasks.remove().run();
        }
    }

    private static void assertAnswered(CompletableFuture<Optional<JobSnapshot>> answer, JobKey job) {
        JobSnapshot found = answer.getNow(Optional.empty()).orElseThrow();
        assertThat(found.job().id()).isEqualTo(job.id());
        assertThat(found.job().owner()).isEqualTo(job.owner());
    }

    @Test
    void who_comes_before_the_question_is_asked_is_in_it() {
        CompletableFuture<Optional<JobSnapshot>> one = read(ONE);
        CompletableFuture<Optional<JobSnapshot>> two = read(TWO);
        assertThat(tasks).hasSize(1);
        runAll();
        assertThat(questions).containsExactly(Set.of(ONE, TWO));
        assertAnswered(one, ONE);
        assertAnswered(two, TWO);
    }

    @Test
    void who_comes_while_a_question_is_under_way_gets_the_next_one_also_for_the_same_job() {
        List<CompletableFuture<Optional<JobSnapshot>>> late = new ArrayList<>();
        duringQuestion = () -> {
            if (questions.size() == 1) {
                late.addAll(List.of(read(ONE), read(TWO), read(TWO)));
            }
        };
        CompletableFuture<Optional<JobSnapshot>> early = read(ONE);
        var unused = early.thenRun(() -> assertThat(late).hasSize(3).noneMatch(CompletableFuture::isDone));
        runAll();
        assertAnswered(early, ONE);
        assertThat(unused).isCompleted();
        assertThat(questions).containsExactly(Set.of(ONE), Set.of(ONE, TWO));
        assertAnswered(late.get(0), ONE);
        assertAnswered(late.get(1), TWO);
        assertAnswered(late.get(2), TWO);
    }

    @Test
    void the_next_question_waits_for_this_ones_answers_but_not_until_they_are_given() {
        duringQuestion = () -> {
            if (questions.size() == 1) {
                var unused = read(TWO);
            }
        };
        var given =
                read(ONE).thenRun(() -> assertThat(tasks).as("next question").hasSize(1));
        runAll();
        assertThat(given).isCompleted();
        assertThat(questions).containsExactly(Set.of(ONE), Set.of(TWO));
    }

    @Test
    void one_job_of_two_readers_is_asked_for_by_each() {
        JobKey others = job(new Owner("clinic-b"), 1);
        CompletableFuture<Optional<JobSnapshot>> ours = read(ONE);
        CompletableFuture<Optional<JobSnapshot>> theirs = read(others);
        runAll();
        assertAnswered(ours, ONE);
        assertAnswered(theirs, others);
    }

    @Test
    void a_question_has_its_limit_and_nobody_is_forgotten() {
        List<CompletableFuture<Optional<JobSnapshot>>> answers = new ArrayList<>();
        int many = 2 * ReadCoalescer.MAX_TOGETHER + 1;
        for (int i = 0; i < many; i++) {
            answers.add(read(job(ApiFixture.CLINIC, i)));
        }
        runAll();
        assertThat(questions)
                .extracting(Set::size)
                .containsExactly(ReadCoalescer.MAX_TOGETHER, ReadCoalescer.MAX_TOGETHER, 1);
        for (int i = 0; i < many; i++) {
            assertAnswered(answers.get(i), job(ApiFixture.CLINIC, i));
        }
    }

    @Test
    void a_store_that_is_away_fails_those_who_asked_and_is_asked_again_for_those_who_just_came() {
        List<CompletableFuture<Optional<JobSnapshot>>> late = new ArrayList<>();
        away = true;
        duringQuestion = () -> {
            if (questions.size() == 1) {
                late.add(read(TWO));
            } else {
                away = false;
            }
        };
        CompletableFuture<Optional<JobSnapshot>> early = read(ONE);
        runAll();
        assertThatThrownBy(early::join).hasCauseInstanceOf(StoreUnavailable.class);
        assertAnswered(late.get(0), TWO);
    }

    @Test
    void who_waited_long_through_a_question_that_failed_fails_with_it() {
        List<CompletableFuture<Optional<JobSnapshot>>> late = new ArrayList<>();
        away = true;
        duringQuestion = () -> {
            late.add(read(TWO));
            long came = System.nanoTime();
            while (System.nanoTime() - came <= Batcher.PATIENCE.toNanos()) {
                Thread.onSpinWait();
            }
        };
        CompletableFuture<Optional<JobSnapshot>> early = read(ONE);
        tasks.remove().run();
        assertThat(tasks).isEmpty();
        assertThat(early).isCompletedExceptionally();
        assertThatThrownBy(late.get(0)::join).hasCauseInstanceOf(StoreUnavailable.class);
        away = false;
        duringQuestion = () -> {};
        CompletableFuture<Optional<JobSnapshot>> next = read(THREE);
        runAll();
        assertAnswered(next, THREE);
    }

    @Test
    void one_job_that_cannot_be_read_keeps_no_other_from_being_read() {
        unreadable.add(TWO);
        CompletableFuture<Optional<JobSnapshot>> one = read(ONE);
        CompletableFuture<Optional<JobSnapshot>> two = read(TWO);
        CompletableFuture<Optional<JobSnapshot>> three = read(THREE);
        runAll();
        assertAnswered(one, ONE);
        assertAnswered(three, THREE);
        assertThatThrownBy(two::join)
                .isInstanceOf(CompletionException.class)
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void a_server_that_has_stopped_still_answers() {
        CompletableFuture<Optional<JobSnapshot>> answer = reads.of(ONE, task -> {
            throw new RejectedExecutionException("stopped");
        });
        assertAnswered(answer, ONE);
    }
}
