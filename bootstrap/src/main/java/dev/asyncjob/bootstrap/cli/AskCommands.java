package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.bootstrap.config.SettingKey;
import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobClientException;
import dev.asyncjob.client.JobState;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Asks a server for a job, as the environment says where and as whom (contract section 4). */
final class AskCommands {
    /** The job has not ended; only {@code status} says so. */
    static final int PENDING = 1;

    static final int FAILED = 2;
    static final int NOT_FOUND = 3;
    static final int NO_ANSWER = 4;

    private static final Duration STATUS_PATIENCE = Duration.ofSeconds(10);
    private static final Duration REPAINT = Duration.ofSeconds(1);

    private final Map<String, String> environment;
    private final Clock clock;
    private final PrintWriter out;
    private final boolean terminal;

    /** @param terminal whether lines may be painted over */
    AskCommands(Map<String, String> environment, Clock clock, PrintWriter out, boolean terminal) {
        this.environment = environment;
        this.clock = clock;
        this.out = out;
        this.terminal = terminal;
    }

    /** Prints how a job goes, a line for each thing known, and answers with the exit code. */
    int status(String id) {
        JobClient client = new JobClient(settings().withPatience(STATUS_PATIENCE));
        Optional<JobState> state = answer(client.status(uuid(id)));
        return state.map(job -> {
                    print(job);
                    return exitCode(job);
                })
                .orElseThrow(() -> notFound(id));
    }

    /** Shows how a job goes until it has ended, and answers with the exit code. */
    int watch(String id) {
        JobClient client = new JobClient(settings());
        UUID uuid = uuid(id);
        AtomicReference<@Nullable JobState> last = new AtomicReference<>();
        CompletableFuture<JobState> end = client.watch(uuid, state -> {
            last.set(state);
            if (!terminal && !state.hasEnded()) {
                line("PENDING, expected at " + state.eta());
            }
        });
        repaintUntilDone(end, last);
        JobState job = answer(end);
        print(job);
        return exitCode(job);
    }

    private void repaintUntilDone(CompletableFuture<JobState> end, AtomicReference<@Nullable JobState> last) {
        Instant begin = clock.instant();
        while (terminal && !end.isDone()) {
            JobState state = last.get();
            String expected = state == null ? "" : ", expected at " + state.eta();
            out.printf(
                    "\r%s for %d s%s ",
                    state == null ? "asking" : "PENDING",
                    Duration.between(begin, clock.instant()).toSeconds(),
                    expected);
            out.flush();
            pause(end);
        }
        if (terminal) {
            out.print("\r\u001b[K"); // the end takes the line's place
        }
    }

    private static void pause(CompletableFuture<JobState> end) {
        try {
            var unused = end.get(REPAINT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return; // who waits for it is told why
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end.cancel(true);
        }
    }

    private void print(JobState job) {
        line("id: " + job.id());
        line("status: " + job.status());
        line(job.hasEnded() ? "ended: " + job.doneAt() : "expected: " + job.eta());
        for (JobState.Link link : job.links()) {
            line("link: " + link.entity() + (link.href() == null ? "" : " " + link.href()));
            if (link.error() != null) {
                line("error: " + link.error());
            }
        }
    }

    /** What a server says may hold anything. */
    private void line(String text) {
        out.println(text.replaceAll("\\p{Cntrl}", "?"));
        out.flush();
    }

    private static int exitCode(JobState job) {
        return switch (job.status()) {
            case DONE -> 0;
            case FAILED -> FAILED;
            case PENDING -> PENDING;
        };
    }

    private ClientSettings settings() {
        String url = environment.getOrDefault("ASYNCJOB_URL", "http://127.0.0.1:8080");
        String statusPath = environment.getOrDefault(SettingKey.HTTP_STATUS_PATH.environmentName(), "");
        try {
            ClientSettings settings =
                    ClientSettings.of(new URI(url), secret("ASYNCJOB_TOKEN"), secret("ASYNCJOB_API_KEY"));
            return statusPath.isEmpty() ? settings : settings.withStatusPath(statusPath);
        } catch (java.net.URISyntaxException e) {
            throw CommandFailure.of(NO_ANSWER, "ASYNCJOB_URL: must be an http or https URL");
        } catch (IllegalArgumentException e) {
            throw CommandFailure.of(NO_ANSWER, "the environment: " + e.getMessage());
        }
    }

    private String secret(String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw CommandFailure.of(NO_ANSWER, "set ASYNCJOB_TOKEN and ASYNCJOB_API_KEY, as whom to ask");
        }
        return value;
    }

    private static UUID uuid(String id) {
        try {
            UUID uuid = UUID.fromString(id);
            if (uuid.toString().equalsIgnoreCase(id)) {
                return uuid;
            }
        } catch (IllegalArgumentException e) {
            throw notFound(id);
        }
        throw notFound(id);
    }

    private static CommandFailure notFound(String id) {
        return CommandFailure.of(NOT_FOUND, "no such job: " + id.replaceAll("[^!-~]", "?"));
    }

    private static <T> T answer(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            boolean notFound = cause instanceof JobClientException refused && refused.isNotFound();
            throw CommandFailure.of(notFound ? NOT_FOUND : NO_ANSWER, ErrorMessages.of(cause));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw CommandFailure.of(NO_ANSWER, "interrupted");
        }
    }
}
