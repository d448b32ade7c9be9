package dev.asyncjob.bootstrap;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.IncompatibleThreadStateException;
import com.sun.jdi.ReferenceType;
import com.sun.jdi.ThreadReference;
import com.sun.jdi.VMDisconnectedException;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector.Argument;
import com.sun.jdi.event.BreakpointEvent;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.MethodEntryEvent;
import com.sun.jdi.request.BreakpointRequest;
import com.sun.jdi.request.EventRequest;
import com.sun.jdi.request.MethodEntryRequest;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.bootstrap.sandbox.Sandbox;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.JobFilter;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server of which something hangs when it stops; a debugger holds the thread. */
class HungStopIT {
    private static final String DEBUGGED = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0";

    private static final JobKind SIGN = new JobKind("composition.sign");

    @TempDir
    private Path folder;

    @Test
    @Tag("soak")
    void a_process_whose_shutdown_hangs_ends_in_time_and_says_so() throws Exception {
        Map<String, String> environment = Map.of("JAVA_TOOL_OPTIONS", DEBUGGED);
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            VirtualMachine machine = attach(server);
            MethodEntryRequest calls = machine.eventRequestManager().createMethodEntryRequest();
            calls.addClassFilter(RunningServer.class.getName());
            calls.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
            calls.enable();
            long begin = System.nanoTime();
            server.terminate();
            holdAtClose(machine);

            assertThat(server.awaitEnd()).isEqualTo(1);

            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(ProcessWatch.STOP_LIMIT.minusSeconds(1), ProcessWatch.STOP_LIMIT.plusSeconds(8));
            assertThat(server.log()).contains("ends 20 s after the signal to stop");
        }
    }

    @Test
    @Tag("soak")
    void a_process_with_a_port_that_is_not_served_ends_and_says_so() throws Exception {
        Map<String, String> environment = Map.of("JAVA_TOOL_OPTIONS", DEBUGGED);
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            holdSelector(attach(server));

            assertThat(server.awaitEnd()).isEqualTo(1);

            assertThat(server.log()).contains("a port has not been served for 20 s");
        }
    }

    @Test
    void a_job_in_the_middle_of_its_attempt_is_done_before_the_process_ends() throws Exception {
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", fileOfJobs())) {
            VirtualMachine machine = attach(server);
            breakAt(machine, JobWorker.class, "close");
            terminateDuringAttempt(server, machine);
            awaitClosingWorker(machine);
            resume(machine);

            assertThat(server.awaitEnd()).isZero();
        }
        try (JobDatabase file = openFile()) {
            assertThat(file.store().list(JobFilter.ANY).jobs())
                    .extracting(entry -> entry.snapshot().job().status())
                    .containsExactly(JobStatus.DONE);
        }
    }

    @Test
    @Tag("soak")
    void a_job_whose_handler_does_not_end_can_be_claimed_when_the_process_has_ended() throws Exception {
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", fileOfJobs())) {
            terminateDuringAttempt(server, attach(server));

            assertThat(server.awaitEnd()).isZero();
        }
        try (JobDatabase file = openFile()) {
            Claim claim = new Claim(new WorkerId("next"), Set.of(SIGN), 1, Lease.MAX);
            assertThat(file.store().claim(claim))
                    .extracting(job -> job.attempts().made())
                    .containsExactly(1);
        }
    }

    private String url() {
        return "jdbc:h2:file:" + folder.resolve("jobs");
    }

    /** Its leases last an hour: a job whose lease is kept cannot be claimed when the test looks. */
    private Map<String, String> fileOfJobs() {
        return Map.of(
                "JAVA_TOOL_OPTIONS",
                DEBUGGED,
                "ASYNCJOB_DB_URL",
                url(),
                "ASYNCJOB_WORK_LEASE_DEFAULT",
                "1h",
                "ASYNCJOB_SANDBOX_DURATION",
                "0s");
    }

    private JobDatabase openFile() {
        return JobDatabase.open(DatabaseSettings.defaults().withUrl(url()), WorkPolicy.defaults());
    }

    /** Sends SIGTERM while the handler of a job is held. */
    private static void terminateDuringAttempt(ServerProcess server, VirtualMachine machine)
            throws InterruptedException {
        breakAt(machine, Sandbox.class, "outcome");
        assertThat(server.sign("0daaad78-6cfb-11ea-9cd6-afab698838bc").statusCode())
                .isEqualTo(200);
        awaitBreak(machine);
        server.terminate();
    }

    private static void awaitClosingWorker(VirtualMachine machine) throws InterruptedException {
        try {
            awaitBreak(machine);
        } catch (VMDisconnectedException e) {
            // It has ended without: the test finds what it left.
        }
    }

    private static void resume(VirtualMachine machine) {
        try {
            machine.resume();
        } catch (VMDisconnectedException e) {
            // There is nothing to resume.
        }
    }

    private static void breakAt(VirtualMachine machine, Class<?> in, String method) {
        ReferenceType type = machine.classesByName(in.getName()).get(0);
        BreakpointRequest request = machine.eventRequestManager()
                .createBreakpointRequest(type.methodsByName(method).get(0).location());
        request.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
        request.enable();
    }

    /** Waits until a thread is held at a breakpoint. */
    private static void awaitBreak(VirtualMachine machine) throws InterruptedException {
        boolean held = false;
        while (!held) { // the first event is the machine's start
            held = machine.eventQueue().remove().stream().anyMatch(BreakpointEvent.class::isInstance);
        }
    }

    private static VirtualMachine attach(ServerProcess server) throws Exception {
        String port = server.output().replaceAll("(?s).*dt_socket at address: (\\d+).*", "$1");
        AttachingConnector socket = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(connector -> connector.name().equals("com.sun.jdi.SocketAttach"))
                .findFirst()
                .orElseThrow();
        Map<String, Argument> arguments = socket.defaultArguments();
        requireNonNull(arguments.get("hostname")).setValue("127.0.0.1");
        requireNonNull(arguments.get("port")).setValue(port);
        return socket.attach(arguments);
    }

    /** Suspends the thread that selects the connections of one port that can be read, in its wait. */
    private static void holdSelector(VirtualMachine machine) {
        machine.allThreads().stream()
                .filter(HungStopIT::isSelecting)
                .findFirst()
                .orElseThrow()
                .suspend();
    }

    private static boolean isSelecting(ThreadReference thread) {
        thread.suspend();
        try {
            return thread.frames().stream()
                    .anyMatch(frame ->
                            frame.location().declaringType().name().equals("org.eclipse.jetty.io.ManagedSelector"));
        } catch (IncompatibleThreadStateException e) {
            return false;
        } finally {
            thread.resume();
        }
    }

    private static void holdAtClose(VirtualMachine machine) throws InterruptedException {
        while (true) {
            EventSet events = machine.eventQueue().remove();
            boolean closes = events.stream()
                    .anyMatch(event -> event instanceof MethodEntryEvent call
                            && call.method().name().equals("close"));
            if (closes) {
                return; // never resumed
            }
            events.resume();
        }
    }
}
