package dev.asyncjob.bootstrap;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jdi.Bootstrap;
import com.sun.jdi.VirtualMachine;
import com.sun.jdi.connect.AttachingConnector;
import com.sun.jdi.connect.Connector.Argument;
import com.sun.jdi.event.EventSet;
import com.sun.jdi.event.MethodEntryEvent;
import com.sun.jdi.request.EventRequest;
import com.sun.jdi.request.MethodEntryRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server of which something hangs while it stops; a debugger holds the thread. */
@Tag("soak")
class HungStopIT {
    private static final String DEBUGGED = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0";

    @TempDir
    private Path folder;

    @Test
    void a_process_whose_shutdown_hangs_ends_in_time_and_says_so() throws Exception {
        Map<String, String> environment = Map.of("JAVA_TOOL_OPTIONS", DEBUGGED);
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            String port = server.output().replaceAll("(?s).*dt_socket at address: (\\d+).*", "$1");
            VirtualMachine machine = attach(port);
            MethodEntryRequest calls = machine.eventRequestManager().createMethodEntryRequest();
            calls.addClassFilter(RunningServer.class.getName());
            calls.setSuspendPolicy(EventRequest.SUSPEND_EVENT_THREAD);
            calls.enable();
            long begin = System.nanoTime();
            server.terminate();
            holdAtClose(machine);

            assertThat(server.awaitEnd()).isEqualTo(1);

            assertThat(Duration.ofNanos(System.nanoTime() - begin))
                    .isBetween(RunningServer.STOP_LIMIT.minusSeconds(1), RunningServer.STOP_LIMIT.plusSeconds(8));
            assertThat(server.log()).contains("ends 20 s after the signal to stop");
        }
    }

    private static VirtualMachine attach(String port) throws Exception {
        AttachingConnector socket = Bootstrap.virtualMachineManager().attachingConnectors().stream()
                .filter(connector -> connector.name().equals("com.sun.jdi.SocketAttach"))
                .findFirst()
                .orElseThrow();
        Map<String, Argument> arguments = socket.defaultArguments();
        requireNonNull(arguments.get("hostname")).setValue("127.0.0.1");
        requireNonNull(arguments.get("port")).setValue(port);
        return socket.attach(arguments);
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
