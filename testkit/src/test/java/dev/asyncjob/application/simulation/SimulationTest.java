package dev.asyncjob.application.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.asyncjob.application.simulation.Plan.Step;
import dev.asyncjob.application.simulation.World.Broken;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Simulates the application from many seeds and checks its promises after every step.
 *
 * <p>{@code -Dsimulation.seeds} says how many, {@code -Dsimulation.first} the first of them. A seed that fails prints
 * the shortest history that was found, and the command that replays it, with {@code -Dsimulation.seed}.
 */
class SimulationTest {
    private static final int MOST_RUNS = 600;

    private final VirtualTime time = new VirtualTime();

    @AfterEach
    void close() {
        time.close();
    }

    @Test
    void the_promises_hold_whatever_fails() {
        Long only = Long.getLong("simulation.seed");
        long first = only == null ? Long.getLong("simulation.first", 1) : only;
        long count = only == null ? Long.getLong("simulation.seeds", 2000) : 1;
        LongStream.range(first, first + count).forEach(this::simulate);
    }

    @Test
    void equal_seeds_have_equal_histories() {
        for (long seed = 1; seed <= 20; seed++) {
            Plan plan = Plan.of(seed);
            assertThat(Simulation.of(time, plan, true)).isEqualTo(Simulation.of(time, plan, true));
        }
    }

    private void simulate(long seed) {
        Plan plan = Plan.of(seed);
        Simulation.of(time, plan, false).broken().ifPresent(broken -> {
            Plan shortest = shorten(plan, broken.promise());
            Simulation.Result again = Simulation.of(time, shortest, true);
            fail(report(shortest, again.broken().orElse(broken), again.history()));
        });
    }

    private static String report(Plan plan, Broken broken, List<String> history) {
        return String.format(
                Locale.ROOT,
                "seed %d breaks the promise '%s'%nshown by: %s%nsteps: %s%nhistory:%n%s%nreplay: %s%d%n",
                plan.seed(),
                broken.promise(),
                broken.shownBy(),
                plan.steps(),
                history.stream().collect(Collectors.joining("\n")),
                "mvn -o test -pl testkit -am -Dtest=SimulationTest -Dsurefire.failIfNoSpecifiedTests=false"
                        + " -Dsimulation.seed=",
                plan.seed());
    }

    /** Leaves out steps as long as the same promise is broken: large parts first, then single steps. */
    private Plan shorten(Plan plan, String promise) {
        Plan shortest = plan;
        int runs = 0;
        int part = Math.max(1, plan.steps().size() / 2);
        while (part > 0 && runs < MOST_RUNS) {
            boolean shorter = false;
            for (int from = 0; from < shortest.steps().size() && runs < MOST_RUNS; runs++) {
                List<Step> left = new ArrayList<>(shortest.steps());
                left.subList(from, Math.min(from + part, left.size())).clear();
                Plan candidate = shortest.with(left);
                boolean breaks = Simulation.of(time, candidate, false)
                        .broken()
                        .filter(broken -> broken.promise().equals(promise))
                        .isPresent();
                if (breaks) {
                    shortest = candidate;
                    shorter = true;
                } else {
                    from += part;
                }
            }
            part = part == 1 && !shorter ? 0 : Math.max(1, part / 2);
        }
        return shortest;
    }
}
