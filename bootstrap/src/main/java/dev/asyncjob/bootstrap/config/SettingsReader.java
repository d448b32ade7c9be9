package dev.asyncjob.bootstrap.config;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.persistence.DatabaseSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns what was set into {@link Settings}, or says everything that is wrong at once. Used once, by one thread. */
final class SettingsReader {
    private static final DatabaseSettings IN_MEMORY =
            DatabaseSettings.defaults().withUrl("jdbc:h2:mem:sandbox");
    private static final Duration LONGEST_SANDBOX_JOB = Duration.ofHours(1);

    private final SettingSources sources;
    private final List<String> problems;

    SettingsReader(SettingSources sources) {
        this.sources = sources;
        this.problems = new ArrayList<>(sources.problems());
    }

    /** Wants a key that has no default to be set. */
    SettingsReader require(SettingKey key, String otherwise) {
        if (!isSet(key)) {
            refuse(key, otherwise);
        }
        return this;
    }

    /** @throws InvalidSettings with everything that is wrong */
    Settings read() {
        DatabaseSettings db = database();
        Settings settings = new Settings(
                http(),
                value(SettingKey.MANAGEMENT_PORT, SettingValues::port),
                value(SettingKey.HTTP_REQUEST_LOG, SettingValues::truth),
                db,
                optional(SettingKey.AUTH_CLIENTS_FILE, SettingValues::path),
                new IdentityReader(this).read(),
                work(),
                sandbox(sources.of(SettingKey.DB_URL) == null ? IN_MEMORY : db));
        if (!problems.isEmpty()) {
            throw new InvalidSettings(problems);
        }
        return settings;
    }

    /** The HTTP face knows the rules: each value is tried on its own, so that each has its own refusal. */
    private HttpSettings http() {
        HttpSettings defaults = HttpSettings.defaults();
        return new HttpSettings(
                value(
                        SettingKey.HTTP_HOST,
                        text -> defaults.listeningOn(text, defaults.port()).host()),
                value(SettingKey.HTTP_PORT, SettingValues::port),
                value(
                        SettingKey.HTTP_BASE_PATH,
                        text -> defaults.withPaths(text, defaults.statusPath()).basePath()),
                value(
                        SettingKey.HTTP_STATUS_PATH,
                        text -> defaults.withPaths("", text).statusPath()),
                value(
                        SettingKey.HTTP_MAX_BODY,
                        text -> SettingValues.size(text, HttpSettings.MIN_BODY, HttpSettings.MAX_BODY)),
                value(
                        SettingKey.HTTP_MAX_WAIT,
                        text -> defaults.withMaxWait(SettingValues.duration(text))
                                .maxWait()),
                value(
                        SettingKey.HTTP_VIRTUAL_THREADS,
                        text -> defaults.withVirtualThreads(SettingValues.truth(text))
                                .virtualThreads()),
                limits());
    }

    private HttpLimits limits() {
        HttpLimits defaults = HttpLimits.defaults();
        List<String> proxies = optional(
                SettingKey.HTTP_TRUSTED_PROXIES,
                text -> defaults.trusting(SettingValues.list(text)).trustedProxies());
        return new HttpLimits(
                value(
                        SettingKey.HTTP_MAX_HEADER,
                        text -> SettingValues.size(text, HttpLimits.MIN_HEADER, HttpLimits.MAX_HEADER)),
                value(SettingKey.HTTP_MAX_CONNECTIONS, text -> number(text, 1)),
                value(SettingKey.HTTP_MAX_CONNECTIONS_PER_ADDRESS, text -> number(text, 1)),
                value(SettingKey.HTTP_REQUESTS_PER_SECOND, text -> number(text, 0)),
                value(SettingKey.HTTP_FAILED_LOGINS, text -> number(text, 1)),
                value(SettingKey.HTTP_EVENT_STREAMS, text -> number(text, 1)),
                Objects.requireNonNullElse(proxies, List.of()));
    }

    private static int number(String text, int min) {
        return SettingValues.wholeNumber(text, min, HttpLimits.MAX_NUMBER);
    }

    private DatabaseSettings database() {
        String url = value(SettingKey.DB_URL, SettingValues::jdbcUrl);
        String user = optional(SettingKey.DB_USER, Function.identity());
        String password = optional(SettingKey.DB_PASSWORD, Function.identity());
        int poolSize = value(
                SettingKey.DB_POOL_SIZE, text -> SettingValues.wholeNumber(text, 1, DatabaseSettings.MAX_POOL_SIZE));
        boolean migrate = value(SettingKey.DB_MIGRATE, SettingValues::truth);
        try {
            return new DatabaseSettings(
                    url,
                    Objects.requireNonNullElse(user, ""),
                    Objects.requireNonNullElse(password, ""),
                    poolSize,
                    migrate);
        } catch (IllegalArgumentException e) { // it names the setting and repeats no value
            problems.add(String.valueOf(e.getMessage()));
            return DatabaseSettings.defaults();
        }
    }

    /** The domain knows the bounds: each value is tried on its own, so that each has its own refusal. */
    private WorkPolicy work() {
        WorkPolicy defaults = WorkPolicy.defaults();
        return new WorkPolicy(
                value(SettingKey.WORK_LEASE_DEFAULT, text -> defaults.withLease(SettingValues.duration(text)))
                        .lease(),
                value(
                                SettingKey.WORK_MAX_ATTEMPTS,
                                text -> defaults.withMaxAttempts(
                                        SettingValues.wholeNumber(text, Integer.MIN_VALUE, Integer.MAX_VALUE)))
                        .maxAttempts(),
                defaults.backoff(),
                value(SettingKey.WORK_RETENTION, text -> defaults.withRetention(SettingValues.duration(text)))
                        .retention(),
                value(
                                SettingKey.WORK_EXPECTED_DURATION,
                                text -> defaults.withExpectedDuration(SettingValues.duration(text)))
                        .expectedDuration());
    }

    private Settings.Sandbox sandbox(DatabaseSettings db) {
        List<Duration> range = value(
                SettingKey.SANDBOX_DURATION,
                text -> SettingValues.durations(text).stream()
                        .map(end -> SettingValues.within(Duration.ZERO, LONGEST_SANDBOX_JOB, end))
                        .toList());
        return new Settings.Sandbox(
                db,
                range.get(0),
                range.get(range.size() - 1),
                value(SettingKey.SANDBOX_FAILURE_RATE, SettingValues::share),
                optional(SettingKey.SANDBOX_TOKEN, SettingValues::credential),
                optional(SettingKey.SANDBOX_API_KEY, SettingValues::credential));
    }

    /** What was set or else the default; after a refusal, the default again, so that reading can go on. */
    <T> T value(SettingKey key, Function<String, T> parse) {
        String defaultText = key.defaultText();
        if (defaultText == null) {
            throw new IllegalArgumentException(key + " has no default");
        }
        SettingSources.Assignment assignment = sources.of(key);
        T parsed = assignment == null ? null : parsed(assignment, parse);
        return parsed == null ? parse.apply(defaultText) : parsed;
    }

    /** What was set; null for nothing and for empty text, which deployment tools make out of nothing. */
    <T> @Nullable T optional(SettingKey key, Function<String, T> parse) {
        SettingSources.Assignment assignment = sources.of(key);
        return assignment == null || assignment.text().isEmpty() ? null : parsed(assignment, parse);
    }

    private <T> @Nullable T parsed(SettingSources.Assignment assignment, Function<String, T> parse) {
        try {
            return parse.apply(assignment.text());
        } catch (InvalidValueException e) { // the one exception that promises not to repeat the value
            problems.add(assignment.name() + ": " + e.getMessage());
            return null;
        }
    }

    /** Whether somebody set it, to anything but empty text. */
    boolean isSet(SettingKey key) {
        SettingSources.Assignment assignment = sources.of(key);
        return assignment != null && !assignment.text().isEmpty();
    }

    /** Its name as it was written, or as it could be in the environment. */
    String nameOf(SettingKey key) {
        SettingSources.Assignment assignment = sources.of(key);
        return assignment == null ? key.environmentName() : assignment.name();
    }

    /** Adds a problem with a key, in words that do not repeat its value. */
    void refuse(SettingKey key, String problem) {
        problems.add(nameOf(key) + ": " + problem);
    }
}
