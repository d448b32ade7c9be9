package dev.asyncjob.bootstrap;

import dev.asyncjob.http.Authenticator;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;

/** The way in: {@code java -jar asyncjob.jar COMMAND}. See {@code --help}. */
public final class Main {
    private Main() {}

    /** Carries out one command line and ends the process with its exit code. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        PrintWriter err = new PrintWriter(new OutputStreamWriter(System.err, StandardCharsets.UTF_8));
        System.exit(Cli.run(List.of(arguments), System.getenv(), Clock.systemUTC(), new Unfinished(), out, err));
    }

    /** Holds the place of the composition root, and says so. */
    private static final class Unfinished implements Application {
        @Override
        public void serve(Settings settings, Authenticator authenticator) {
            throw refusal();
        }

        @Override
        public void sandbox(Settings settings) {
            throw refusal();
        }

        @Override
        public void migrate(Settings settings) {
            throw refusal();
        }

        private static CommandFailure refusal() {
            return CommandFailure.failed("this build has no server yet");
        }
    }
}
