package dev.asyncjob.bootstrap.config;

import dev.asyncjob.callbacks.CallbackSettings;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.TrustedProxy;
import dev.asyncjob.identity.IdentitySettings;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.ui.PageSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The whole configuration, which is read once at the start (contract section 4).
 *
 * <p>Immutable; no {@code toString} in it shows a secret.
 *
 * @param places where the server listens beside the address of the API, and what is known of these places
 * @param log how and what the process logs
 * @param clientsFile the file with the clients; null if it is not set
 * @param callbacksFile the file with the endpoints that are called when jobs end; null if it is not set
 * @param callbacks how callbacks are delivered
 * @param identity the identity provider whose tokens are accepted beside those of the clients file
 */
public record Settings(
        HttpSettings http,
        Places places,
        Log log,
        DatabaseSettings db,
        @Nullable Path clientsFile,
        @Nullable Path callbacksFile,
        CallbackSettings callbacks,
        IdentitySettings identity,
        WorkPolicy work,
        Sandbox sandbox) {

    /**
     * What is logged.
     *
     * @param level {@code error}, {@code warn}, {@code info} or {@code debug}: the lowest that is logged; the security
     *     log is at every level
     * @param json whether every line is an object of JSON
     * @param requests whether every request is
     * @param probes whether requests for health and metrics are, too
     */
    public record Log(String level, boolean json, boolean requests, boolean probes) {}

    /** Where the methods for workers and operators are served; those for producers are always public. */
    public enum WorkApiPlace {
        /** On the port of the API. */
        PUBLIC,

        /** On the management port. */
        MANAGEMENT,

        /** Nowhere. */
        OFF
    }

    /**
     * The files of TLS, in PEM.
     *
     * @param certificate the chain of certificates, the server's own first
     * @param key its private key, PKCS#8 without a password
     */
    public record TlsFiles(Path certificate, Path key) {}

    /**
     * The page for operators.
     *
     * @param served whether there is one
     * @param actions whether operators can change something with it
     * @param proxy who names the user that it has logged in; null for no such proxy
     * @param traceLink where a trace can be seen, as {@link PageSettings#traceLink}
     */
    public record Page(
            boolean served, boolean actions, @Nullable TrustedProxy proxy, String traceLink) {}

    /**
     * Where the server listens, beside {@link HttpSettings#host()} and its port.
     *
     * @param managementHost the address of the metrics
     * @param managementPort the port of the metrics, 0 for any free port
     * @param page the page for operators, on the management port
     * @param workApi where the methods for workers and operators are served
     * @param tls the files of the server's own TLS; null for none
     * @param behindTls whether something in front of the server encrypts what passes a network
     */
    public record Places(
            String managementHost,
            int managementPort,
            Page page,
            WorkApiPlace workApi,
            @Nullable TlsFiles tls,
            boolean behindTls) {
        /** @throws InvalidValueException if a value breaks its rule */
        public Places {
            HttpSettings.defaults().listeningOn(managementHost, managementPort);
        }
    }

    /**
     * How the simulated component behaves.
     *
     * @param db where its jobs are stored: in memory, unless {@code db.url} is set
     * @param shortest the shortest duration of its work
     * @param longest the longest duration of its work
     * @param failureRate the share of jobs that fail, 0 to 1
     * @param token the token of its client; null to generate one
     * @param apiKey the api-key of its client; null to generate one
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

    /** The same with another database. */
    public Settings withDatabase(DatabaseSettings other) {
        return new Settings(http, places, log, other, clientsFile, callbacksFile, callbacks, identity, work, sandbox);
    }

    /** The same with other rules for attempts, leases and retention. */
    public Settings withWork(WorkPolicy other) {
        return new Settings(http, places, log, db, clientsFile, callbacksFile, callbacks, identity, other, sandbox);
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
