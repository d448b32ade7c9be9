package dev.asyncjob.bootstrap.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** All settings, with their defaults (contract section 4). */
public enum SettingKey {
    HTTP_HOST("http.host", "127.0.0.1"),
    HTTP_PORT("http.port", "8080"),
    HTTP_BASE_PATH("http.base-path", ""),
    HTTP_STATUS_PATH("http.status-path", "/patients/composition/job/{asyncJobId}"),
    HTTP_MAX_WAIT("http.max-wait", "55s"),
    HTTP_MAX_BODY("http.max-body", "64KiB"),
    HTTP_MAX_HEADER("http.max-header", "8KiB"),
    HTTP_MAX_CONNECTIONS("http.max-connections", "10000"),
    HTTP_MAX_CONNECTIONS_PER_ADDRESS("http.max-connections-per-address", "8000"),
    HTTP_IDLE_TIMEOUT("http.idle-timeout", "75s"),
    HTTP_MEMORY("http.memory", null),
    HTTP_REQUESTS_PER_SECOND("http.requests-per-second", "2000"),
    HTTP_FAILED_LOGINS("http.failed-logins", "100"),
    HTTP_HELD_READS("http.held-reads", "2000"),
    HTTP_HELD_CLAIMS("http.held-claims", "1000"),
    HTTP_EVENT_STREAMS("http.event-streams", "1000"),
    HTTP_TRUSTED_PROXIES("http.trusted-proxies", null),
    HTTP_TLS_CERTIFICATE("http.tls.certificate", null),
    HTTP_TLS_KEY("http.tls.key", null),
    HTTP_BEHIND_TLS("http.behind-tls", "false"),
    HTTP_WORK_API("http.work-api", "public"),
    HTTP_REQUEST_LOG("http.request-log", "true"),
    HTTP_DOCS("http.docs", "true"),
    HTTP_VIRTUAL_THREADS("http.virtual-threads", null),
    LOG_LEVEL("log.level", "info"),
    LOG_FORMAT("log.format", "text"),
    LOG_PROBES("log.probes", "false"),
    STATUS_EXTRAS("status.extras", null),
    MANAGEMENT_HOST("management.host", "127.0.0.1"),
    MANAGEMENT_PORT("management.port", "9090"),
    UI_ENABLED("ui.enabled", "true"),
    UI_ACTIONS("ui.actions", "false"),
    UI_PROXY_HEADER("ui.proxy-header", null),
    UI_PROXY_FROM("ui.proxy-from", null),
    UI_PROXY_SCOPE("ui.proxy-scope", "job:read-all"),
    UI_TRACE_LINK("ui.trace-link", null),
    DB_URL("db.url", "jdbc:h2:file:./data/asyncjob"),
    DB_USER("db.user", null),
    DB_PASSWORD("db.password", null),
    DB_POOL_SIZE("db.pool-size", "10"),
    DB_MIGRATE("db.migrate", "true"),
    DB_ALLOW_PLAINTEXT("db.allow-plaintext", "false"),
    DB_POOLER("db.pooler", "none"),
    DB_FINGERPRINT_KEY("db.fingerprint-key", null),
    DB_SCHEMA("db.schema", "asyncjob"),
    DB_TABLE_PREFIX("db.table-prefix", null),
    AUTH_CLIENTS_FILE("auth.clients-file", null),
    AUTH_JWKS_URL("auth.jwks-url", null),
    AUTH_JWKS_FILE("auth.jwks-file", null),
    AUTH_ISSUER("auth.issuer", null),
    AUTH_AUDIENCE("auth.audience", null),
    AUTH_CLIENT_CLAIM("auth.client-claim", "client_id"),
    AUTH_OWNER_CLAIM("auth.owner-claim", null),
    AUTH_ALGORITHMS("auth.algorithms", "RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512"),
    AUTH_TOKEN_TYPES("auth.token-types", "at+jwt"),
    AUTH_INTROSPECTION_URL("auth.introspection-url", null),
    AUTH_INTROSPECTION_CLIENT_ID("auth.introspection-client-id", null),
    AUTH_INTROSPECTION_CLIENT_SECRET("auth.introspection-client-secret", null),
    WORK_LEASE_DEFAULT("work.lease-default", "30s"),
    WORK_MAX_ATTEMPTS("work.max-attempts", "5"),
    WORK_MAX_RESULT("work.max-result", "16KiB"),
    WORK_RETENTION("work.retention", "30d"),
    WORK_EXPECTED_DURATION("work.expected-duration", "3s"),
    WORK_MAX_PENDING("work.max-pending", "250000"),
    WORK_MAX_PENDING_PAYLOADS("work.max-pending-payloads", "1GiB"),
    WORK_FAILED_PAYLOAD("work.failed-payload", "0s"),
    AUDIT_RETENTION("audit.retention", "365d"),
    CALLBACKS_FILE("callbacks.file", null),
    CALLBACKS_ALLOWED_NETWORKS("callbacks.allowed-networks", null),
    CALLBACKS_GIVE_UP_AFTER("callbacks.give-up-after", "6h"),
    SANDBOX_DURATION("sandbox.duration", "3s"),
    SANDBOX_FAILURE_RATE("sandbox.failure-rate", "0"),
    SANDBOX_TOKEN("sandbox.token", null),
    SANDBOX_API_KEY("sandbox.api-key", null);

    /** The prefix of a name in a configuration file. */
    static final String FILE_PREFIX = "asyncjob.";

    /** The prefix of a name in the environment. */
    static final String ENVIRONMENT_PREFIX = "ASYNCJOB_";

    private final String key;
    private final @Nullable String defaultText;

    SettingKey(String key, @Nullable String defaultText) {
        this.key = key;
        this.defaultText = defaultText;
    }

    /** The name, such as {@code http.base-path}. */
    String key() {
        return key;
    }

    /** The default as text; null if there is none, or if it depends on the JVM. */
    @Nullable
    String defaultText() {
        return defaultText;
    }

    /**
     * Whether its value may be shown to others. Those with a default are numbers, times and names; the others, and the
     * URL of the database, may be secrets or hold some.
     */
    boolean isPublic() {
        return defaultText != null && this != DB_URL;
    }

    /** The name in a configuration file, such as {@code asyncjob.http.base-path}. */
    String fileName() {
        return FILE_PREFIX + key;
    }

    /** The name in the environment, such as {@code ASYNCJOB_HTTP_BASE_PATH}. */
    public String environmentName() {
        return ENVIRONMENT_PREFIX
                + key.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
