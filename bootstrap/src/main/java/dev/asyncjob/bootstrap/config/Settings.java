package dev.asyncjob.bootstrap.config;

import dev.asyncjob.bootstrap.cli.ClientCommand;
import dev.asyncjob.bootstrap.ops.Metrics;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.identity.IdentitySettings;
import dev.asyncjob.persistence.DatabaseSettings;
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
 * @param managementPort the port of the {@link Metrics}, 0 for any
 * @param requestLog whether every request is told to the log
 * @param clientsFile who may ask; null if nobody said
 * @param identity whose tokens are honoured beside those of the clients file
 */
public record Settings(
        HttpSettings http,
        int managementPort,
        boolean requestLog,
        DatabaseSettings db,
        @Nullable Path clientsFile,
        IdentitySettings identity,
        WorkPolicy work,
        Sandbox sandbox) {

    /**
     * How the simulated component behaves.
     *
     * @param db where its jobs are kept: in memory, unless {@code db.url} was set
     * @param shortest the shortest time that its work takes
     * @param longest the longest
     * @param failureRate the share of jobs that fail, 0 to 1
     * @param token what its client sends; null to have one made
     * @param apiKey what its client sends; null to have one made
     */
    public record Sandbox(
            DatabaseSettings db,
            Duration shortest,
            Duration longest,
            double failureRate,
            @Nullable String token,
            @Nullable String apiKey) {
        @Override
        public String toString() {
            return "Sandbox[%s, shortest=%s, longest=%s, failureRate=%s]".formatted(db, shortest, longest, failureRate);
        }
    }

    /**
     * Reads the configuration.
     *
     * @param configFile what {@code --config} named; null to ask {@code ASYNCJOB_CONFIG}
     * @throws InvalidSettings with everything that is wrong
     */
    public static Settings load(Map<String, String> environment, @Nullable Path configFile) {
        return new SettingsReader(sources(environment, configFile)).read();
    }

    /** The same for a server, which has no open mode: that nobody said who may ask is wrong, too. */
    public static Settings loadToServe(Map<String, String> environment, @Nullable Path configFile) {
        return new SettingsReader(sources(environment, configFile))
                .require(
                        SettingKey.AUTH_CLIENTS_FILE,
                        "nobody could ask, and there is no open mode: set it to a file that '%s' made"
                                .formatted(ClientCommand.ADD))
                .read();
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

    /** Every key, in the order of the documentation, with its default as text; empty text for none. */
    public static Map<String, String> keys() {
        Map<String, String> keys = new LinkedHashMap<>();
        for (SettingKey key : SettingKey.values()) {
            keys.put(key.key(), Objects.requireNonNullElse(key.defaultText(), ""));
        }
        return keys;
    }
}
