package dev.asyncjob.bootstrap;

import dev.asyncjob.domain.WorkPolicy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration, read once at the start (contract section 4).
 *
 * <p>Weakest first: defaults, the file that {@code --config} or {@code ASYNCJOB_CONFIG} names, the environment.
 * Immutable; no {@code toString} in it shows a secret.
 *
 * @param managementPort the port of {@link Management}, 0 for any
 * @param clientsFile who may ask; null if nobody said
 */
record Settings(
        Http http,
        int managementPort,
        Database db,
        @Nullable Path clientsFile,
        WorkPolicy work,
        Sandbox sandbox) {

    /**
     * How the service is reached.
     *
     * @param port 0 for any
     * @param basePath empty, or a path without a slash at its end that all routes stand under
     * @param statusPath a path with one segment {@code {asyncJobId}}
     * @param maxWait how long a client may have its answer held back
     * @param maxBody bytes that a request's body may have
     */
    record Http(String host, int port, String basePath, String statusPath, Duration maxWait, int maxBody) {}

    /**
     * Where jobs are kept.
     *
     * @param user null for what the URL or the driver says
     * @param password null for none
     * @param migrate whether {@code serve} brings the schema up to date
     */
    record Database(
            String url, @Nullable String user, @Nullable String password, int poolSize, boolean migrate) {
        @Override
        public String toString() {
            return "Database[poolSize=%d, migrate=%s]".formatted(poolSize, migrate);
        }
    }

    /**
     * How the simulated component behaves.
     *
     * @param shortest the shortest time that its work takes
     * @param longest the longest
     * @param failureRate the share of jobs that fail, 0 to 1
     * @param token what its client sends; null to have one made
     * @param apiKey what its client sends; null to have one made
     */
    record Sandbox(
            Duration shortest,
            Duration longest,
            double failureRate,
            @Nullable String token,
            @Nullable String apiKey) {
        @Override
        public String toString() {
            return "Sandbox[shortest=%s, longest=%s, failureRate=%s]".formatted(shortest, longest, failureRate);
        }
    }

    /**
     * Reads the configuration.
     *
     * @param configFile what {@code --config} named; null to ask {@code ASYNCJOB_CONFIG}
     * @throws InvalidSettings with everything that is wrong
     */
    static Settings load(Map<String, String> environment, @Nullable Path configFile) {
        SettingSources sources = new SettingSources();
        String named = environment.getOrDefault("ASYNCJOB_CONFIG", "");
        if (configFile != null || !named.isEmpty()) {
            sources.addFile(configFile != null ? configFile : Path.of(named));
        }
        sources.addEnvironment(environment);
        return new SettingsReader(sources).read();
    }

    /** Every key, in the order of the documentation, with its default as text; empty text for none. */
    static Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        for (SettingKey key : SettingKey.values()) {
            keys.put(key.key(), Objects.requireNonNullElse(key.defaultText(), ""));
        }
        return keys;
    }
}
