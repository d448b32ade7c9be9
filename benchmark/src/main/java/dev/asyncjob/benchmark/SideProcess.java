package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** A side that runs in a separate process; {@link ProcessProtocol} is the other end of the connection. */
final class SideProcess implements Side, Closeable {
    private final String name;
    private final JavaProcess process;

    private SideProcess(String name, JavaProcess process) {
        this.name = name;
        this.process = process;
    }

    /** Starts a class of this module whose {@code main} calls {@link ProcessProtocol}. */
    static SideProcess start(String name, Class<?> main, String... arguments) throws IOException {
        JavaProcess process = JavaProcess.main(JavaProcess.sameJava(), main, List.of(), arguments);
        process.await("ready");
        return new SideProcess(name, process);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public synchronized Sample measure(Duration time) throws IOException {
        return Sample.parse(process.exchange(time.toString()));
    }

    @Override
    public void close() throws IOException {
        process.close();
    }
}
