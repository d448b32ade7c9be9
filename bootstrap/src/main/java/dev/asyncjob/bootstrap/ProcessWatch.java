package dev.asyncjob.bootstrap;

import dev.asyncjob.bootstrap.ops.LogEncoder;
import dev.asyncjob.bootstrap.ops.LogOutput;
import dev.asyncjob.http.JobServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A thread that ends the process, with exit code 1 and a line in the log, where nothing else would: when a port is not
 * served any more, as after an OutOfMemoryError, and {@link #STOP_LIMIT} after a signal to stop.
 *
 * <p>Whatever supervises the process starts it again; until then a port that accepts connections and answers none would
 * look alive.
 */
final class ProcessWatch {
    /** When the process ends after a signal at the latest. */
    static final Duration STOP_LIMIT = Duration.ofSeconds(20);

    /** How often it asks whether the ports are served. */
    private static final Duration CHECK = Duration.ofSeconds(1);

    private static final int EXIT_CODE = 1;

    private static final String NOT_STOPPED =
            "asyncjob: ends %s s after the signal to stop, although not everything is closed"
                    .formatted(STOP_LIMIT.toSeconds());

    private static final String NOT_SERVED =
            "asyncjob: ends, because a port has not been served for %s s".formatted(JobServer.UNANSWERED_LIMIT);

    private final List<LogOutput> outputs;
    private final List<JobServer> servers = new CopyOnWriteArrayList<>();
    private final CountDownLatch signalled = new CountDownLatch(1);

    private ProcessWatch(List<LogOutput> outputs) {
        this.outputs = outputs;
    }

    /** Starts the thread now, because none can be started when memory is short. */
    static ProcessWatch start(List<LogOutput> outputs) {
        ProcessWatch watch = new ProcessWatch(outputs);
        Thread thread = new Thread(watch::run, "asyncjob-watch");
        thread.setDaemon(true);
        thread.start();
        return watch;
    }

    /** Ends the process when the port of the server is not served, from now on until it is closed. */
    JobServer follow(JobServer server) {
        servers.add(server);
        return server;
    }

    /** Ends the process after {@link #STOP_LIMIT}. */
    void stopping() {
        signalled.countDown();
    }

    private void run() {
        try {
            boolean served = true;
            while (served && !isSignalled()) {
                served = isServed();
            }
            if (served) {
                TimeUnit.NANOSECONDS.sleep(STOP_LIMIT.toNanos());
            }
            report(served ? NOT_STOPPED : NOT_SERVED);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // no code interrupts this thread
        } finally {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    private boolean isSignalled() throws InterruptedException {
        try {
            return signalled.await(CHECK.toNanos(), TimeUnit.NANOSECONDS);
        } catch (OutOfMemoryError e) { // for the wait itself
            TimeUnit.NANOSECONDS.sleep(CHECK.toNanos());
            return false;
        }
    }

    private boolean isServed() {
        try {
            return servers.stream().allMatch(JobServer::isServing);
        } catch (Throwable e) { // of memory: the next check tells
            return true;
        }
    }

    /** Does without the logger, whose locks a thread that hangs may hold. */
    private void report(String message) {
        byte[] line = (LogEncoder.error(message) + "\n").getBytes(StandardCharsets.UTF_8);
        outputs.get(outputs.size() - 1).write(line, 0, line.length);
        outputs.forEach(LogOutput::close);
    }
}
