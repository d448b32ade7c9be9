package dev.asyncjob.bootstrap;

import dev.asyncjob.bootstrap.cli.Cli;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;

/** The entry point: {@code java -jar asyncjob.jar COMMAND}. See {@code --help}. */
public final class Main {
    private Main() {}

    /** Runs one command line and ends the process with its exit code. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        PrintWriter err = new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8));
        System.exit(
                Cli.run(List.of(arguments), System.getenv(), Clock.systemUTC(), new ServerComposition(out), out, err));
    }
}
