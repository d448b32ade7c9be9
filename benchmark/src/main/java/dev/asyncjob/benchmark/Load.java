package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A server under the load of a {@link LoadGenerator}; the value is in requests per second. */
final class Load implements Side, Closeable {
    /** The options of the load generator's JVM, which must use few resources. */
    private static final List<String> SMALL = List.of("-Xmx128m", "-XX:+UseSerialGC");

    private final String name;
    private final HttpServer server;
    private final JavaProcess generator;

    private Load(String name, HttpServer server, JavaProcess generator) {
        this.name = name;
        this.server = server;
        this.generator = generator;
    }

    /**
     * Starts a load generator.
     *
     * @param ids a file with the ids of the jobs to read
     * @param bodyLength the expected length of each response body
     * @param mode {@link LoadGenerator#CONDITIONAL} or nothing
     */
    static Load on(String name, HttpServer server, String prefix, Path ids, int bodyLength, String... mode)
            throws IOException {
        List<String> arguments = new ArrayList<>(List.of(
                Integer.toString(server.port()),
                prefix + Reads.PATH_BEFORE_ID,
                server.headers(),
                Integer.toString(bodyLength),
                ids.toString()));
        arguments.addAll(List.of(mode));
        JavaProcess generator =
                JavaProcess.main(JavaProcess.sameJava(), LoadGenerator.class, SMALL, arguments.toArray(String[]::new));
        generator.await("ready");
        return new Load(name, server, generator);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized Sample measure(Duration time) throws IOException {
        Duration before = server.process().cpu();
        long start = System.nanoTime();
        Sample sample = Sample.parse(generator.exchange(time.toString()));
        double requests = sample.value() * (System.nanoTime() - start) / 1e9;
        double cpu = server.process().cpu().minus(before).toNanos() / 1000.0 / requests;
        return new Sample(sample.value(), sample.errors(), sample.detail() + " server-cpu=%.0fus".formatted(cpu));
    }

    @Override
    public void close() throws IOException {
        generator.close();
    }
}
