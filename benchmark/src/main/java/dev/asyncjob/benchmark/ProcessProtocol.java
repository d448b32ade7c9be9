package dev.asyncjob.benchmark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The measured process's end of a {@link SideProcess}: commands on standard input, results on standard output. */
final class ProcessProtocol {
    private ProcessProtocol() {}

    /** A measurement of a given length. */
    @FunctionalInterface
    interface Measurement {
        Sample over(Duration time) throws Exception;
    }

    /**
     * Prints a ready line and then one line with a sample for each duration on standard input. Exits the process at the
     * end of the input and after a failure, because threads of the measured library may still run.
     */
    static void give(Measurement measurement) {
        ready("");
        try (BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = commands.readLine(); line != null; line = commands.readLine()) {
                Sample sample = measurement.over(Duration.parse(line));
                System.out.println(sample.value() + " " + sample.errors() + " " + sample.detail());
            }
            System.exit(0);
        } catch (Exception e) {
            e.printStackTrace();
            System.exit(1);
        }
    }

    /** Prints a ready line with the port and exits the process at the end of the input. */
    static void serveAt(int port) throws IOException {
        ready(Integer.toString(port));
        while (System.in.read() >= 0) {}
        System.exit(0);
    }

    private static void ready(String text) {
        System.out.println("ready " + text);
    }
}
