package dev.asyncjob.bootstrap.config;

import dev.asyncjob.callbacks.CallbackSettings;
import dev.asyncjob.domain.Backlog;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.persistence.DatabaseCredentials;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.TableNames;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link Settings} from a file and the environment, and reports all errors together. The environment overrides
 * the file, and the file overrides the defaults. Used once, by one thread.
 */
public final class SettingsReader {
    private static final DatabaseSettings IN_MEMORY =
            DatabaseSettings.defaults().withUrl("jdbc:h2:mem:sandbox");
    private static final long MAX_PENDING_PAYLOADS = 1L << 50;
    private static final Duration LONGEST_SANDBOX_JOB = Duration.ofHours(1);

    private final SettingSources sources;
    private final @Nullable Supplier<SettingSources> again;

    private SettingsReader(SettingSources sources, @Nullable Supplier<SettingSources> again) {
        this.sources = sources;
        this.again = again;
    }

    /**
     * Reads the configuration.
     *
     * @param configFile the file that {@code --config} names; null for the one that {@code ASYNCJOB_CONFIG} names
     * @throws InvalidSettings with all errors
     */
    public static Settings load(Map<String, String> environment, @Nullable Path configFile) {
        return new SettingsReader(sources(environment, configFile), again(environment, configFile)).read();
    }

    /**
     * Reads the configuration of a server, for which {@code auth.clients-file} is required.
     *
     * @param otherwise the error if it is not set
     * @throws InvalidSettings with all errors
     */
    public static Settings loadWithClients(
            Map<String, String> environment, @Nullable Path configFile, String otherwise) {
        SettingSources sources = sources(environment, configFile);
        if (!sources.isSet(SettingKey.AUTH_CLIENTS_FILE)) {
            sources.refuse(SettingKey.AUTH_CLIENTS_FILE, otherwise);
        }
        return new SettingsReader(sources, again(environment, configFile)).read();
    }

    /** Reads what to log, before all else; what cannot be read has its default, and {@link #load} reports it. */
    public static Settings.Log loadLog(Map<String, String> environment, @Nullable Path configFile) {
        return new SettingsReader(sources(environment, configFile), null).log();
    }

    /** Returns what is set, a line each, without secrets. */
    public static List<String> describe(Map<String, String> environment, @Nullable Path configFile) {
        return sources(environment, configFile).described();
    }

    /** Credentials are read again when they are refused, if any setting is in a file: secrets change. */
    private static @Nullable Supplier<SettingSources> again(
            Map<String, String> environment, @Nullable Path configFile) {
        boolean files = configFile != null
                || environment.containsKey("ASYNCJOB_CONFIG")
                || Arrays.stream(SettingKey.values())
                        .anyMatch(key -> environment.containsKey(key.environmentName() + "_FILE"));
        return files ? () -> sources(environment, configFile) : null;
    }

    private static SettingSources sources(Map<String, String> environment, @Nullable Path configFile) {
        SettingSources sources = new SettingSources();
        String named = environment.getOrDefault("ASYNCJOB_CONFIG", "");
        if (configFile != null || !named.isEmpty()) {
            sources.addFile(configFile != null ? configFile : Path.of(named));
        }
        sources.addEnvironment(environment);
        return sources;
    }

    private Settings read() {
        DatabaseSettings db = database();
        Supplier<SettingSources> reread = again;
        if (reread != null) {
            db = db.withCredentials(() -> {
                SettingSources present = reread.get();
                return present.requireGood(
                        new SettingsReader(present, null).database().presentCredentials());
            });
        }
        Settings settings = new Settings(
                http(),
                places(),
                log(),
                db,
                sources.optional(SettingKey.AUTH_CLIENTS_FILE, SettingValues::path),
                sources.optional(SettingKey.CALLBACKS_FILE, SettingValues::path),
                callbacks(),
                new IdentityReader(sources, again).read(),
                work(),
                sandbox(sources.isAssigned(SettingKey.DB_URL) ? db : IN_MEMORY));
        List<String> problems = sources.problems();
        if (!problems.isEmpty()) {
            throw new InvalidSettings(problems);
        }
        sources.warnOfWriters();
        return settings;
    }

    private HttpSettings http() {
        HttpSettings http = HttpSettings.defaults();
        http = sources.with(
                http, SettingKey.HTTP_HOST, Function.identity(), (all, host) -> all.listeningOn(host, all.port()));
        http = sources.with(
                http, SettingKey.HTTP_PORT, SettingValues::port, (all, port) -> all.listeningOn(all.host(), port));
        http = sources.with(
                http, SettingKey.HTTP_BASE_PATH, Function.identity(), (all, p) -> all.withPaths(p, all.statusPath()));
        http = sources.with(
                http, SettingKey.HTTP_STATUS_PATH, Function.identity(), (all, p) -> all.withPaths(all.basePath(), p));
        http = sources.with(
                http,
                SettingKey.HTTP_MAX_BODY,
                text -> SettingValues.size(text, HttpSettings.MIN_BODY, HttpSettings.MAX_BODY),
                HttpSettings::withMaxBody);
        http = sources.with(http, SettingKey.HTTP_MAX_WAIT, SettingValues::duration, HttpSettings::withMaxWait);
        http = sources.with(
                http,
                SettingKey.WORK_MAX_RESULT,
                text -> SettingValues.size(text, 1, HttpSettings.MAX_RESULT),
                HttpSettings::withMaxResult);
        http = sources.with(http, SettingKey.STATUS_EXTRAS, SettingValues::extras, HttpSettings::withExtras);
        http = sources.with(http, SettingKey.HTTP_DOCS, SettingValues::truth, HttpSettings::withDocs);
        http = sources.with(
                http, SettingKey.HTTP_VIRTUAL_THREADS, SettingValues::truth, HttpSettings::withVirtualThreads);
        return http.withLimits(limits());
    }

    private Settings.Log log() {
        return new Settings.Log(
                sources.value(SettingKey.LOG_LEVEL, SettingValues::logLevel),
                sources.value(SettingKey.LOG_FORMAT, SettingValues::isJson),
                sources.value(SettingKey.HTTP_REQUEST_LOG, SettingValues::truth),
                sources.value(SettingKey.LOG_PROBES, SettingValues::truth));
    }

    private Settings.Places places() {
        return new Settings.Places(
                sources.value(SettingKey.MANAGEMENT_HOST, SettingValues::host),
                sources.value(SettingKey.MANAGEMENT_PORT, SettingValues::port),
                new PageReader(sources).read(),
                sources.value(SettingKey.HTTP_WORK_API, SettingValues::workApi),
                tls(),
                sources.value(SettingKey.HTTP_BEHIND_TLS, SettingValues::truth));
    }

    private Settings.@Nullable TlsFiles tls() {
        Path certificate = sources.optional(SettingKey.HTTP_TLS_CERTIFICATE, SettingValues::path);
        Path key = sources.optional(SettingKey.HTTP_TLS_KEY, SettingValues::path);
        boolean hasCertificate = sources.isSet(SettingKey.HTTP_TLS_CERTIFICATE);
        if (hasCertificate != sources.isSet(SettingKey.HTTP_TLS_KEY)) {
            SettingKey set = hasCertificate ? SettingKey.HTTP_TLS_CERTIFICATE : SettingKey.HTTP_TLS_KEY;
            sources.refuse(
                    hasCertificate ? SettingKey.HTTP_TLS_KEY : SettingKey.HTTP_TLS_CERTIFICATE,
                    "must be set, too, because %s is".formatted(sources.nameOf(set)));
        }
        return certificate == null || key == null ? null : new Settings.TlsFiles(certificate, key);
    }

    private HttpLimits limits() {
        HttpLimits limits = new HttpLimits(
                sources.value(
                        SettingKey.HTTP_MAX_HEADER,
                        text -> SettingValues.size(text, HttpLimits.MIN_HEADER, HttpLimits.MAX_HEADER)),
                sources.value(SettingKey.HTTP_MAX_CONNECTIONS, text -> number(text, 1)),
                sources.value(SettingKey.HTTP_MAX_CONNECTIONS_PER_ADDRESS, text -> number(text, 1)),
                HttpLimits.defaults().idleTimeout(),
                HttpLimits.defaults().memory(),
                sources.value(SettingKey.HTTP_REQUESTS_PER_SECOND, text -> number(text, 0)),
                sources.value(SettingKey.HTTP_FAILED_LOGINS, text -> number(text, 1)),
                sources.value(SettingKey.HTTP_HELD_READS, text -> number(text, 1)),
                sources.value(SettingKey.HTTP_HELD_CLAIMS, text -> number(text, 1)),
                sources.value(SettingKey.HTTP_EVENT_STREAMS, text -> number(text, 1)),
                List.of());
        limits = sources.with(
                limits, SettingKey.HTTP_IDLE_TIMEOUT, SettingValues::duration, HttpLimits::withIdleTimeout);
        limits = sources.with(
                limits,
                SettingKey.HTTP_MEMORY,
                text -> SettingValues.size(text, HttpLimits.MIN_MEMORY, HttpLimits.MAX_MEMORY),
                HttpLimits::withMemory);
        return sources.with(limits, SettingKey.HTTP_TRUSTED_PROXIES, SettingValues::list, HttpLimits::trusting);
    }

    private static int number(String text, int min) {
        return SettingValues.wholeNumber(text, min, HttpLimits.MAX_NUMBER);
    }

    private DatabaseSettings database() {
        String user = Objects.requireNonNullElse(sources.optional(SettingKey.DB_USER, Function.identity()), "");
        String fingerprintKey =
                Objects.requireNonNullElse(sources.optional(SettingKey.DB_FINGERPRINT_KEY, Function.identity()), "");
        String password = Objects.requireNonNullElse(sources.optional(SettingKey.DB_PASSWORD, Function.identity()), "");
        try {
            return new DatabaseSettings(
                    sources.value(SettingKey.DB_URL, SettingValues::jdbcUrl),
                    new DatabaseCredentials(user, password),
                    sources.value(
                            SettingKey.DB_POOL_SIZE,
                            text -> SettingValues.wholeNumber(text, 1, DatabaseSettings.MAX_POOL_SIZE)),
                    sources.value(SettingKey.DB_MIGRATE, SettingValues::truth),
                    sources.value(SettingKey.DB_ALLOW_PLAINTEXT, SettingValues::truth),
                    sources.value(SettingKey.DB_POOLER, SettingValues::pooler),
                    fingerprintKey,
                    new TableNames(
                            sources.value(SettingKey.DB_SCHEMA, Function.identity()),
                            Objects.requireNonNullElse(
                                    sources.optional(SettingKey.DB_TABLE_PREFIX, Function.identity()), "")));
        } catch (IllegalArgumentException e) { // the message names the setting and repeats no value
            sources.refuse(String.valueOf(e.getMessage()));
            return DatabaseSettings.defaults();
        }
    }

    private WorkPolicy work() {
        WorkPolicy work = WorkPolicy.defaults();
        work = sources.with(work, SettingKey.WORK_LEASE_DEFAULT, SettingValues::duration, WorkPolicy::withLease);
        work = sources.with(
                work,
                SettingKey.WORK_MAX_ATTEMPTS,
                text -> SettingValues.wholeNumber(text, Integer.MIN_VALUE, Integer.MAX_VALUE),
                WorkPolicy::withMaxAttempts);
        work = sources.with(work, SettingKey.WORK_RETENTION, SettingValues::duration, WorkPolicy::withRetention);
        work = sources.with(
                work, SettingKey.WORK_FAILED_PAYLOAD, SettingValues::duration, WorkPolicy::withFailedPayload);
        work = sources.with(work, SettingKey.AUDIT_RETENTION, SettingValues::duration, WorkPolicy::withAuditRetention);
        work = sources.with(
                work, SettingKey.WORK_EXPECTED_DURATION, SettingValues::duration, WorkPolicy::withExpectedDuration);
        long jobs = sources.value(
                SettingKey.WORK_MAX_PENDING, text -> SettingValues.wholeNumber(text, 0, Backlog.MAX_JOBS));
        long bytes = sources.value(
                SettingKey.WORK_MAX_PENDING_PAYLOADS, text -> SettingValues.longSize(text, 0, MAX_PENDING_PAYLOADS));
        return work.withQuota(new Backlog(orUnlimited(jobs), orUnlimited(bytes)));
    }

    private static long orUnlimited(long limit) {
        return limit == 0 ? Long.MAX_VALUE : limit;
    }

    private CallbackSettings callbacks() {
        CallbackSettings callbacks = CallbackSettings.defaults();
        callbacks = sources.with(
                callbacks,
                SettingKey.CALLBACKS_ALLOWED_NETWORKS,
                SettingValues::list,
                CallbackSettings::withAllowedNetworks);
        for (SettingKey key : List.of(SettingKey.CALLBACKS_ALLOWED_NETWORKS, SettingKey.CALLBACKS_GIVE_UP_AFTER)) {
            if (sources.isSet(key) && !sources.isSet(SettingKey.CALLBACKS_FILE)) {
                sources.refuse(key, "means nothing without callbacks.file");
            }
        }
        return sources.with(
                callbacks,
                SettingKey.CALLBACKS_GIVE_UP_AFTER,
                SettingValues::duration,
                CallbackSettings::withGiveUpAfter);
    }

    private Settings.Sandbox sandbox(DatabaseSettings db) {
        List<Duration> range = sources.value(
                SettingKey.SANDBOX_DURATION,
                text -> SettingValues.durations(text).stream()
                        .map(end -> SettingValues.within(Duration.ZERO, LONGEST_SANDBOX_JOB, end))
                        .toList());
        return new Settings.Sandbox(
                db,
                range.get(0),
                range.get(range.size() - 1),
                sources.value(SettingKey.SANDBOX_FAILURE_RATE, SettingValues::share),
                sources.optional(SettingKey.SANDBOX_TOKEN, SettingValues::credential),
                sources.optional(SettingKey.SANDBOX_API_KEY, SettingValues::credential));
    }
}
