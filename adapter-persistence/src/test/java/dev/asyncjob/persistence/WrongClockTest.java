package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.settle;
import static net.bytebuddy.matcher.ElementMatchers.nameStartsWith;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.none;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.MemberSubstitution;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Time is the database's (contract section 3, promise 4): a node whose clock is an hour wrong changes nothing. */
class WrongClockTest {
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration A_MOMENT = Duration.ofSeconds(10);

    /** Shifts the wall clock of the process it is loaded into by {@code -Dclock.shift} seconds. */
    public static final class ClockShift {
        private ClockShift() {}

        public static void premain(String argument, Instrumentation instrumentation) {
            new AgentBuilder.Default()
                    .disableClassFormatChanges()
                    .with(AgentBuilder.RedefinitionStrategy.RETRANSFORMATION)
                    .ignore(none())
                    .type(named("java.time.Clock"))
                    .transform((builder, type, loader, module, domain) ->
                            builder.visit(Advice.to(Shifted.class).on(named("currentInstant"))))
                    .type(nameStartsWith("dev.asyncjob.domain")
                            .or(nameStartsWith("dev.asyncjob.application"))
                            .or(nameStartsWith("dev.asyncjob.persistence.J"))
                            .or(nameStartsWith("com.zaxxer.hikari"))
                            .or(nameStartsWith("org.jdbi"))
                            .or(nameStartsWith("org.postgresql")))
                    .transform((builder, type, loader, module, domain) -> builder.visit(MemberSubstitution.relaxed()
                            .method(named("currentTimeMillis"))
                            .replaceWith(shiftedMillis())
                            .on(net.bytebuddy.matcher.ElementMatchers.any())))
                    .installOn(instrumentation);
        }

        private static java.lang.reflect.Method shiftedMillis() {
            try {
                return ClockShift.class.getMethod("millis");
            } catch (NoSuchMethodException e) {
                throw new AssertionError(e);
            }
        }

        /** What shifted classes get instead of {@link System#currentTimeMillis}. */
        public static long millis() {
            return Instant.now().toEpochMilli();
        }
    }

    /** Copied into {@code Clock.currentInstant}, which everything in {@code java.time} asks. */
    static final class Shifted {
        private Shifted() {}

        @Advice.OnMethodExit
        static void exit(@Advice.Return(readOnly = false) Instant now) {
            now = now.plusSeconds(Long.getLong("clock.shift"));
        }
    }

    /** A node under the shifted clock: schedules, claims, renews, corrects, settles, and tells what it was answered. */
    static final class Node {
        private Node() {}

        public static void main(String[] arguments) {
            try (JobDatabase database =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(arguments[0]), JobStoreContract.POLICY)) {
                JobStore store = database.store();
                System.out.println(Instant.now());
                NewJob job = newJob(OTHER_KIND);
                JobSnapshot accepted = accepted(store.schedule(job, EXPECTED));
                System.out.println(accepted.job().createdAt());
                System.out.println(accepted.eta());
                Claim claim = new Claim(new WorkerId("wrong-clock"), Set.of(KIND), 1, LEASE);
                ClaimedJob done = store.claim(claim).get(0);
                System.out.println(done.lease().expiresAt());
                Instant end = store.now().plusSeconds(600);
                System.out.println(renewed(store.renew(
                                done.job().id(), done.lease().token(), new LeaseExtension(LEASE, end, null)))
                        .expiresAt());
                System.out.println(((AsyncJob.Done)
                                accepted(settle(store, done, Jobs.DONE)).job())
                        .endedAt());
                ClaimedJob retried = store.claim(claim).get(0);
                JobSnapshot rests = accepted(settle(store, retried, Outcome.retry(new Failure("later"))));
                System.out.println(((AsyncJob.Pending) rests.job()).eta().from());
                store.claim(new Claim(new WorkerId("wrong-clock"), Set.of(OTHER_KIND), 1, LEASE));
                System.out.println(store.failSpent(100) + store.forget(100));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {3600, -3600})
    void a_node_whose_clock_is_an_hour_wrong_changes_nothing(long shift, @TempDir Path folder) throws IOException {
        String url = PostgresServer.shared().newDatabase();
        try (JobDatabase database =
                        JobDatabase.open(DatabaseSettings.defaults().withUrl(url), JobStoreContract.POLICY);
                ChildJvm node = child(url, shift, folder, database)) {
            Instant nodesClock = next(node);
            Instant right = database.store().now();
            assertThat(Duration.between(right, nodesClock)).isCloseTo(Duration.ofSeconds(shift), Duration.ofMinutes(5));

            assertThat(next(node)).as("created").isCloseTo(right, within());
            assertThat(next(node)).as("eta").isCloseTo(right.plus(EXPECTED), within());
            assertThat(next(node)).as("lease").isCloseTo(right.plus(LEASE), within());
            assertThat(next(node)).as("renewed lease").isCloseTo(right.plus(LEASE), within());
            assertThat(next(node)).as("end").isCloseTo(right, within());
            Duration rest = Duration.between(right, next(node));
            assertThat(rest).as("rest").isBetween(Duration.ZERO, Duration.ofMinutes(2));
            assertThat(node.nextLine()).as("ended or forgotten too early").isEqualTo("0");

            assertThat(Jobs.claimFrom(database.store(), 10))
                    .as("all are done, or rest")
                    .isEmpty();
            assertThat(database.store().claim(Jobs.claim(10, OTHER_KIND)))
                    .as("held by the other node")
                    .isEmpty();
        }
    }

    private static ChildJvm child(String url, long shift, Path folder, JobDatabase database) throws IOException {
        accepted(database.store().schedule(newJob(), EXPECTED));
        accepted(database.store().schedule(newJob(), EXPECTED));
        assertThat(database.store().find(OWNER, Jobs.newId())).isEmpty();
        return new ChildJvm(
                List.of("-javaagent:" + agent(folder), "-Dclock.shift=" + shift, "-Dnet.bytebuddy.experimental=true"),
                Node.class,
                url + "&connectTimeout=60&loginTimeout=60"); // all classes of the driver are rewritten meanwhile
    }

    /** A jar that only says which class of the class path is the agent. */
    private static Path agent(Path folder) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Premain-Class", ClockShift.class.getName());
        manifest.getMainAttributes().putValue("Can-Retransform-Classes", "true");
        Path jar = folder.resolve("clock-shift.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest)) {
            out.finish();
        }
        return jar;
    }

    private static Instant next(ChildJvm node) throws IOException {
        return Instant.parse(String.valueOf(node.nextLine()));
    }

    private static org.assertj.core.data.TemporalUnitOffset within() {
        return new org.assertj.core.data.TemporalUnitWithinOffset(
                A_MOMENT.toSeconds(), java.time.temporal.ChronoUnit.SECONDS);
    }
}
