package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.bootstrap.config.SettingKey;
import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobClientException;
import dev.asyncjob.client.JobExplanation;
import dev.asyncjob.client.JobState;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

/**
 * The commands {@code status}, {@code watch}, {@code explain} and {@code retry}: they read the status of jobs from the
 * server that the environment names, or retry them there, with the credentials in the environment (contract section 4).
 */
final class StatusCommands {
    /** The exit code of {@code status} for a job that has not ended. */
    static final int PENDING = 1;

    /** The variable that allows credentials to be sent in plaintext to another machine. */
    private static final String PLAINTEXT = "ASYNCJOB_ALLOW_PLAINTEXT";

    static final int FAILED = 2;
    static final int NOT_FOUND = 3;
    static final int NO_ANSWER = 4;

    static final Duration STATUS_PATIENCE = Duration.ofSeconds(10);
    private static final Duration REPAINT_INTERVAL = Duration.ofSeconds(1);

    private final Map<String, String> environment;
    private final Clock clock;
    private final PrintWriter out;
    private final boolean terminal;

    /** @param terminal whether the output is a terminal, on which a line can be overwritten */
    StatusCommands(Map<String, String> environment, Clock clock, PrintWriter out, boolean terminal) {
        this.environment = environment;
        this.clock = clock;
        this.out = out;
        this.terminal = terminal;
    }

    /** Prints the status of a job, a line for each property, and returns the exit code. */
    int status(String id) {
        JobClient client = new JobClient(settings().withPatience(STATUS_PATIENCE));
        return report(answer(client.status(uuid(id))).orElseThrow(() -> notFound(id)));
    }

    /** Prints the status of several jobs, a line for each, and returns the highest of their exit codes. */
    int statuses(List<String> ids) {
        JobClient client = new JobClient(settings().withPatience(STATUS_PATIENCE));
        Map<UUID, JobState> found = answer(
                client.statuses(ids.stream().flatMap(id -> parsed(id).stream()).toList()));
        int worst = 0;
        for (String id : ids) {
            JobState job = parsed(id).map(found::get).orElse(null);
            line((job == null ? id : job.id()) + " " + (job == null ? "not found" : job.statusText()));
            worst = Math.max(worst, job == null ? NOT_FOUND : exitCode(job));
        }
        return worst;
    }

    /** Prints every status of a job until it has ended, and returns the exit code. */
    int watch(String id) {
        JobClient client = new JobClient(settings());
        UUID uuid = uuid(id);
        AtomicReference<@Nullable JobState> last = new AtomicReference<>();
        CompletableFuture<JobState> end = client.watch(uuid, state -> {
            last.set(state);
            if (!terminal && !state.hasEnded()) {
                line(state.statusText() + expectation(state));
            }
        });
        repaintUntilDone(end, last);
        return report(answer(end));
    }

    /** Prints why a job is as it is, and a line for each attempt that has ended; returns 0. */
    int explain(String id, String language) {
        JobClient client = new JobClient(settings().withPatience(STATUS_PATIENCE));
        JobExplanation explanation = answer(client.explain(uuid(id), language)).orElseThrow(() -> notFound(id));
        line(explanation.text());
        for (JobExplanation.Attempt attempt : explanation.attempts()) {
            line("attempt %s: %s, worker %s, %s to %s%s"
                    .formatted(
                            attempt.number(),
                            attempt.outcome(),
                            attempt.worker(),
                            Objects.requireNonNullElse(attempt.startedAt(), "unknown"),
                            Objects.requireNonNullElse(attempt.endedAt(), "unknown"),
                            attempt.error() == null ? "" : ": " + attempt.error()));
        }
        return 0;
    }

    /** Makes a new job in the place of one that failed, and prints its status; returns 0. */
    int retry(String id) {
        JobClient client = new JobClient(settings().withPatience(STATUS_PATIENCE));
        int pending = report(answer(client.retry(uuid(id))));
        return pending == PENDING ? 0 : pending;
    }

    private void repaintUntilDone(CompletableFuture<JobState> end, AtomicReference<@Nullable JobState> last) {
        Instant begin = clock.instant();
        while (terminal && !end.isDone()) {
            JobState state = last.get();
            out.print("\r%s for %s s%s "
                    .formatted(
                            state == null ? "connecting" : visible(state.statusText()),
                            Duration.between(begin, clock.instant()).toSeconds(),
                            state == null ? "" : expectation(state)));
            out.flush();
            pause(end);
        }
        if (terminal) {
            out.print("\r\u001b[K"); // the result replaces the progress line
        }
    }

    private static void pause(CompletableFuture<JobState> end) {
        try {
            var unused = end.get(REPAINT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return; // watch() reports the failure
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            end.cancel(true);
        }
    }

    /** Prints the last known status of a job and returns the exit code. */
    private int report(JobState job) {
        line("id: " + job.id());
        line("status: " + job.statusText());
        Instant end = job.hasEnded() ? job.doneAt() : job.eta();
        line((job.hasEnded() ? "ended: " : "expected: ") + (end == null ? "unknown" : end));
        for (JobState.Link link : job.links()) {
            line("link: " + link.entity() + (link.href() == null ? "" : " " + link.href()));
            if (link.error() != null) {
                line("error: " + link.error());
            }
        }
        JobState.Extras extras = job.extras();
        extra("progress", extras.progress() == null ? null : percent(extras.progress()));
        extra("message", extras.message());
        extra("result", extras.result());
        extra("code", extras.code());
        extra("reference", extras.reference());
        return exitCode(job);
    }

    private void extra(String name, @Nullable String value) {
        if (value != null) {
            line(name + ": " + value);
        }
    }

    private static String percent(double progress) {
        return BigDecimal.valueOf(progress).stripTrailingZeros().toPlainString() + " %";
    }

    private static int exitCode(JobState job) {
        return switch (job.status()) {
            case DONE -> 0;
            case FAILED -> FAILED;
            case PENDING, OTHER -> PENDING;
        };
    }

    /** Prints a line without the control characters that a response of a server may contain. */
    void line(String text) {
        out.println(visible(text));
        out.flush();
    }

    private static String visible(String text) {
        return text.replaceAll("\\p{Cntrl}", "?");
    }

    private static String expectation(JobState state) {
        Double progress = state.extras().progress();
        String message = state.extras().message();
        return (progress == null ? "" : ", " + percent(progress))
                + (message == null ? "" : ", " + visible(message))
                + (state.eta() == null ? "" : ", expected at " + state.eta());
    }

    ClientSettings settings() {
        String url = environment.getOrDefault("ASYNCJOB_URL", "http://127.0.0.1:8080");
        String statusPath = environment.getOrDefault(SettingKey.HTTP_STATUS_PATH.environmentName(), "");
        try {
            boolean plaintext = environment.getOrDefault(PLAINTEXT, "").equals("true");
            ClientSettings settings =
                    ClientSettings.of(new URI(url), secret("ASYNCJOB_TOKEN"), secret("ASYNCJOB_API_KEY"), plaintext);
            settings = settings.withExtras("progress", "result", "error", "reference");
            return statusPath.isEmpty() ? settings : settings.withStatusPath(statusPath);
        } catch (URISyntaxException e) {
            throw new CommandFailure(NO_ANSWER, "ASYNCJOB_URL: must be an http or https URL");
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(NO_ANSWER, "the environment: " + e.getMessage());
        }
    }

    private String secret(String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw new CommandFailure(
                    NO_ANSWER, "set ASYNCJOB_TOKEN and ASYNCJOB_API_KEY to the credentials of a client");
        }
        return value;
    }

    private static UUID uuid(String id) {
        return parsed(id).orElseThrow(() -> notFound(id));
    }

    private static Optional<UUID> parsed(String id) {
        try {
            return Optional.of(JobId.parse(id).value());
        } catch (InvalidValueException e) {
            return Optional.empty();
        }
    }

    private static CommandFailure notFound(String id) {
        return new CommandFailure(NOT_FOUND, "no such job: " + id.replaceAll("[^!-~]", "?"));
    }

    static <T> T answer(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (ExecutionException e) {
            Throwable cause = Objects.requireNonNullElse(e.getCause(), e);
            boolean notFound = cause instanceof JobClientException refused && refused.isNotFound();
            throw new CommandFailure(notFound ? NOT_FOUND : NO_ANSWER, CommandFailure.message(cause));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(NO_ANSWER, "interrupted");
        }
    }
}
