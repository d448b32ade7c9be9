package dev.asyncjob.identity;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValueFactory;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How {@link Clients} stand in a file.
 *
 * <pre>{@code
 * {"clients": {"clinic-a": {
 *     "scopes": ["composition:read"],
 *     "api-keys": [{"sha256": "9f86d0…", "createdAt": "2026-11-23T12:00:00Z"}],
 *     "tokens": [{"sha256": "60303a…", "createdAt": "2026-11-23T12:00:00Z"}]}}}
 * }</pre>
 *
 * A secret that ends also has {@code "expiresAt"}.
 */
final class ClientsFormat {
    private static final String CLIENTS = "clients";
    private static final String SCOPES = "scopes";
    private static final String API_KEYS = "api-keys";
    private static final String TOKENS = "tokens";
    private static final String SHA256 = "sha256";
    private static final String CREATED_AT = "createdAt";
    private static final String EXPIRES_AT = "expiresAt";

    private ClientsFormat() {}

    /** @throws IllegalArgumentException if it is not in this format; the message quotes nothing of it */
    static Clients parse(String json) {
        try {
            ConfigObject all = ConfigFactory.parseString(
                            json, ConfigParseOptions.defaults().setSyntax(ConfigSyntax.JSON))
                    .getObject(CLIENTS);
            Clients clients = Clients.none();
            for (String name : all.keySet()) {
                clients = clients.with(client(name, all));
            }
            return clients;
        } catch (ConfigException e) {
            String line = e.origin() == null ? "" : " (line " + e.origin().lineNumber() + ")";
            throw new IllegalArgumentException("not a clients file" + line, e);
        }
    }

    /** The text that {@link #parse} reads, ordered by name. */
    static String render(Clients clients) {
        Map<String, Object> all = new TreeMap<>();
        clients.all().forEach(client -> all.put(client.name().value(), fields(client)));
        return ConfigValueFactory.fromMap(Map.of(CLIENTS, all))
                        .render(ConfigRenderOptions.concise().setFormatted(true))
                + "\n";
    }

    private static Client client(String name, ConfigObject all) {
        if (!(all.get(name) instanceof ConfigObject fields)) {
            throw new IllegalArgumentException("not a clients file: a client must be an object");
        }
        Config client = fields.toConfig();
        TreeSet<Scope> scopes = new TreeSet<>();
        client.getStringList(SCOPES).forEach(scope -> scopes.add(Scope.parse(scope)));
        return new Client(
                new Owner(name),
                scopes,
                credentials(client.getConfigList(API_KEYS)),
                credentials(client.getConfigList(TOKENS)));
    }

    private static List<Client.Credential> credentials(List<? extends Config> entries) {
        return entries.stream().map(ClientsFormat::credential).toList();
    }

    private static Client.Credential credential(Config entry) {
        try {
            return new Client.Credential(
                    SecretHash.parse(entry.getString(SHA256)),
                    Instant.parse(entry.getString(CREATED_AT)),
                    entry.hasPath(EXPIRES_AT) ? Instant.parse(entry.getString(EXPIRES_AT)) : null);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a clients file: a time must be an instant of RFC 3339", e);
        }
    }

    private static Map<String, Object> fields(Client client) {
        return Map.of(
                SCOPES,
                client.scopes().stream().map(Scope::text).toList(),
                API_KEYS,
                fields(client.apiKeys()),
                TOKENS,
                fields(client.tokens()));
    }

    private static List<Map<String, String>> fields(List<Client.Credential> credentials) {
        return credentials.stream().map(ClientsFormat::fields).toList();
    }

    private static Map<String, String> fields(Client.Credential credential) {
        Map<String, String> fields = new TreeMap<>(Map.of(
                SHA256, credential.sha256().hex(),
                CREATED_AT, credential.createdAt().toString()));
        if (credential.expiresAt() != null) {
            fields.put(EXPIRES_AT, credential.expiresAt().toString());
        }
        return fields;
    }
}
