package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.KIND;
import static dev.asyncjob.testkit.Jobs.OTHER_KIND;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newJob;
import static dev.asyncjob.testkit.Jobs.renewed;
import static dev.asyncjob.testkit.Jobs.settle;
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
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.ProtectionDomain;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.jar.asm.ClassReader;
import net.bytebuddy.jar.asm.ClassVisitor;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Time is the database's (contract section 3, promise 4): a node whose clock is an hour wrong changes nothing. */
class WrongClockTest {
    private static final Duration LEASE = Duration.ofSeconds(30);
    private static final Duration A_MOMENT = Duration.ofSeconds(10);

    /** All stored instants that are half an hour or more from now, retention apart. */
    private static final String WRONG_INSTANTS =
            """
            select name || ' ' || at from (
                select name, at from asyncjob.job cross join lateral (values
                    ('created_at', created_at), ('due_at', due_at), ('planned_from', planned_from),
                    ('planned_at', planned_at), ('promised_at', promised_at), ('ended_at', ended_at),
                    ('kept_until', kept_until - interval '%d seconds')) as columns (name, at)
                union all select 'available_at', available_at from asyncjob.work) as instants
            where abs(extract(epoch from at - now())) > 1800
            """.formatted(JobStoreContract.POLICY.retention().toSeconds());

    /**
     * Shifts the wall clock of the process it is loaded into by {@code -Dclock.shift} seconds: {@code java.time} and
     * {@code java.util.Date} as a whole, and {@code System.currentTimeMillis()} in every class that is not the JDK's.
     */
    public static final class ClockShift implements ClassFileTransformer {
        private static final long SECONDS = Long.getLong("clock.shift", 0);
        private static final Set<String> JDK_CLASSES = Set.of("java/time/Clock", "java/util/Date");

        private ClockShift() {}

        public static void premain(String argument, Instrumentation instrumentation) throws Exception {
            instrumentation.addTransformer(new ClockShift(), true);
            instrumentation.retransformClasses(Clock.class, Date.class);
        }

        @Override
        public byte @Nullable [] transform(
                @Nullable ClassLoader loader,
                String name,
                @Nullable Class<?> redefined,
                @Nullable ProtectionDomain domain,
                byte[] code) {
            if (name.startsWith("net/bytebuddy/") || (isOfJdk(loader) && !JDK_CLASSES.contains(name))) {
                return null;
            }
            ClassReader reader = new ClassReader(code);
            ClassWriter writer = new ClassWriter(reader, ClassWriter.COMPUTE_MAXS);
            reader.accept(new ShiftingClass(writer), 0);
            return writer.toByteArray();
        }

        private static boolean isOfJdk(@Nullable ClassLoader loader) {
            return loader == null || loader == ClassLoader.getPlatformClassLoader();
        }

        private static final class ShiftingClass extends ClassVisitor {
            ShiftingClass(ClassVisitor next) {
                super(Opcodes.ASM9, next);
            }

            @Override
            public MethodVisitor visitMethod(
                    int access,
                    String name,
                    String descriptor,
                    @Nullable String signature,
                    String @Nullable [] errors) {
                MethodVisitor next = super.visitMethod(access, name, descriptor, signature, errors);
                return new ShiftingMethod(next, name.equals("currentInstant"));
            }
        }

        private static final class ShiftingMethod extends MethodVisitor {
            private final boolean returnsNow;

            ShiftingMethod(MethodVisitor next, boolean returnsNow) {
                super(Opcodes.ASM9, next);
                this.returnsNow = returnsNow;
            }

            @Override
            public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean ofInterface) {
                super.visitMethodInsn(opcode, owner, name, descriptor, ofInterface);
                if (owner.equals("java/lang/System") && name.equals("currentTimeMillis")) {
                    super.visitLdcInsn(SECONDS * 1000);
                    super.visitInsn(Opcodes.LADD);
                }
            }

            @Override
            public void visitInsn(int opcode) {
                if (returnsNow && opcode == Opcodes.ARETURN) {
                    super.visitLdcInsn(SECONDS);
                    super.visitMethodInsn(
                            Opcodes.INVOKEVIRTUAL, "java/time/Instant", "plusSeconds", "(J)Ljava/time/Instant;", false);
                }
                super.visitInsn(opcode);
            }
        }
    }

    /**
     * A node under the shifted clock: schedules, claims, renews, updates a forecast, settles, and prints the instants.
     */
    static final class Node {
        private Node() {}

        @SuppressWarnings("JavaUtilDate") // it must be shifted, too
        public static void main(String[] arguments) {
            try (JobDatabase database =
                    JobDatabase.open(DatabaseSettings.defaults().withUrl(arguments[0]), JobStoreContract.POLICY)) {
                JobStore store = database.store();
                System.out.println(Instant.now());
                System.out.println(Instant.ofEpochMilli(System.currentTimeMillis()));
                System.out.println(new Date().toInstant());
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
        try (TestDatabase database = TestDatabase.at(url);
                JavaProcess node = child(url, shift, folder, database.jobs())) {
            List<Instant> clocks = List.of(next(node), next(node), next(node));
            Instant right = database.jobs().store().now();
            assertThat(clocks)
                    .as("java.time, System.currentTimeMillis, java.util.Date")
                    .allSatisfy(clock -> assertThat(Duration.between(right, clock))
                            .isCloseTo(Duration.ofSeconds(shift), Duration.ofMinutes(5)));

            assertThat(next(node)).as("created").isCloseTo(right, within());
            assertThat(next(node)).as("eta").isCloseTo(right.plus(EXPECTED), within());
            assertThat(next(node)).as("lease").isCloseTo(right.plus(LEASE), within());
            assertThat(next(node)).as("renewed lease").isCloseTo(right.plus(LEASE), within());
            assertThat(next(node)).as("end").isCloseTo(right, within());
            Duration rest = Duration.between(right, next(node));
            assertThat(rest).as("rest").isBetween(Duration.ZERO, Duration.ofMinutes(2));
            assertThat(node.nextLine()).as("ended or forgotten too early").isEqualTo("0");

            assertThat(database.query(WRONG_INSTANTS)).as("stored").isEmpty();
            assertThat(Jobs.claimFrom(database.jobs().store(), 10))
                    .as("all are done, or rest")
                    .isEmpty();
            assertThat(database.jobs().store().claim(Jobs.claim(10, OTHER_KIND)))
                    .as("leased by the other node")
                    .isEmpty();
        }
    }

    private static JavaProcess child(String url, long shift, Path folder, JobDatabase database) throws IOException {
        accepted(database.store().schedule(newJob(), EXPECTED));
        accepted(database.store().schedule(newJob(), EXPECTED));
        assertThat(database.store().find(OWNER, Jobs.newId())).isEmpty();
        return JavaProcess.of(Node.class, url)
                .options("-javaagent:" + agent(folder), "-Dclock.shift=" + shift)
                .start();
    }

    /** Writes a jar whose manifest names the agent, a class of the class path. */
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

    private static Instant next(JavaProcess node) {
        return Instant.parse(String.valueOf(node.nextLine()));
    }

    private static org.assertj.core.data.TemporalUnitOffset within() {
        return new org.assertj.core.data.TemporalUnitWithinOffset(
                A_MOMENT.toSeconds(), java.time.temporal.ChronoUnit.SECONDS);
    }
}
