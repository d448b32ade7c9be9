package dev.asyncjob.bootstrap;

import dev.asyncjob.bootstrap.cli.Cli;
import dev.asyncjob.bootstrap.ops.LogOutput;
import dev.asyncjob.bootstrap.ops.TraceVariables;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.time.Clock;
import java.util.List;

/** The entry point: {@code java -jar asyncjob.jar COMMAND}. See {@code --help}. */
public final class Main {
    private Main() {}

    /** Runs one command line and ends the process with its exit code. */
    public static void main(String[] arguments) {
        followAddresses();
        LogOutput log = new LogOutput(new FileOutputStream(FileDescriptor.err));
        LogOutput ready = new LogOutput(new FileOutputStream(FileDescriptor.out));
        System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, e) -> System.getLogger(Main.class.getName()).log(Level.ERROR, "a thread has ended", e));
        DatabaseClock clock = new DatabaseClock(Clock.systemUTC(), System::nanoTime);
        TraceVariables traces = new TraceVariables(System.getenv());
        ServerComposition server = new ServerComposition(writer(ready), List.of(ready, log), clock, traces);
        int exitCode;
        try {
            exitCode = Cli.run(List.of(arguments), System.getenv(), clock, server, writer(System.out), writer(log));
        } finally {
            ready.close();
            log.close();
        }
        System.exit(exitCode);
    }

    private static PrintWriter writer(OutputStream out) {
        return new PrintWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    }

    /** Lets the JVM keep addresses of names for a second, so that a name can lead to another database soon. */
    private static void followAddresses() {
        if (Security.getProperty("networkaddress.cache.ttl") == null
                && System.getProperty("sun.net.inetaddr.ttl") == null) {
            Security.setProperty("networkaddress.cache.ttl", "1");
            Security.setProperty("networkaddress.cache.negative.ttl", "1");
        }
    }
}
