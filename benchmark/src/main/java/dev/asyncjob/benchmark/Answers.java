package dev.asyncjob.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The far end of a {@link SideProcess}: what a process says to the one that measures it. */
final class Answers {
    private Answers() {}

    /** Measures once. */
    @FunctionalInterface
    interface Measurement {
        Sample over(Duration time) throws Exception;
    }

    /**
     * Says that it is ready and answers each duration with a measurement, until there is no more input; ends the
     * process in any case, whatever threads are left.
     */
    static void give(Measurement measurement) {
        ready("");
        try (BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = questions.readLine(); line != null; line = questions.readLine()) {
                Sample sample = measurement.over(Duration.parse(line));
                System.out.println(sample.value() + " " + sample.errors() + " " + sample.detail());
            }
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    /** Says that it is ready to serve, and serves until there is no more input. */
    static void serveAt(int port) throws IOException {
        ready(Integer.toString(port));
        while (System.in.read() >= 0) {}
        System.exit(0);
    }

    private static void ready(String rest) {
        System.out.println("ready " + rest);
    }
}
