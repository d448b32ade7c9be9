package dev.asyncjob.bootstrap.config;

import dev.asyncjob.identity.IdentitySettings;
import java.net.URI;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link IdentitySettings} and refuses combinations that make no sense. A security setting without effect is one
 * of them: an operator would rely on it. Problems go to the sources. Used once, by one thread.
 */
final class IdentityReader {
    private final SettingSources settings;
    private final @Nullable Supplier<SettingSources> again;

    IdentityReader(SettingSources settings, @Nullable Supplier<SettingSources> again) {
        this.settings = settings;
        this.again = again;
    }

    IdentitySettings read() {
        refuseCombinations();
        return new IdentitySettings(
                settings.optional(SettingKey.AUTH_JWKS_URL, SettingValues::providerUrl),
                settings.optional(SettingKey.AUTH_JWKS_FILE, SettingValues::path),
                word(SettingKey.AUTH_ISSUER),
                word(SettingKey.AUTH_AUDIENCE),
                settings.value(SettingKey.AUTH_CLIENT_CLAIM, SettingValues::word),
                word(SettingKey.AUTH_OWNER_CLAIM),
                settings.value(SettingKey.AUTH_ALGORITHMS, SettingValues::algorithms),
                settings.value(SettingKey.AUTH_TOKEN_TYPES, SettingValues::tokenTypes),
                introspection());
    }

    private String word(SettingKey key) {
        return Objects.requireNonNullElse(settings.optional(key, SettingValues::word), "");
    }

    private IdentitySettings.@Nullable Endpoint introspection() {
        URI url = settings.optional(SettingKey.AUTH_INTROSPECTION_URL, SettingValues::providerUrl);
        IdentitySettings.Credentials first = credentials(settings);
        if (url == null || first == null) {
            return null;
        }
        Supplier<SettingSources> sources = again;
        return new IdentitySettings.Endpoint(
                url,
                sources == null
                        ? first
                        : () -> {
                            SettingSources present = sources.get();
                            return present.requireGood(credentials(present));
                        });
    }

    private static IdentitySettings.@Nullable Credentials credentials(SettingSources sources) {
        String id = sources.optional(SettingKey.AUTH_INTROSPECTION_CLIENT_ID, Function.identity());
        String secret = sources.optional(SettingKey.AUTH_INTROSPECTION_CLIENT_SECRET, Function.identity());
        return id == null || secret == null ? null : new IdentitySettings.Credentials(id, secret);
    }

    private void refuseCombinations() {
        boolean url = settings.isSet(SettingKey.AUTH_JWKS_URL);
        boolean file = settings.isSet(SettingKey.AUTH_JWKS_FILE);
        boolean introspects = settings.isSet(SettingKey.AUTH_INTROSPECTION_URL);
        if (url && file) {
            String other = settings.nameOf(SettingKey.AUTH_JWKS_URL);
            settings.refuse(SettingKey.AUTH_JWKS_FILE, "set this or %s, not both".formatted(other));
        }
        if (url || file) {
            SettingKey source = url ? SettingKey.AUTH_JWKS_URL : SettingKey.AUTH_JWKS_FILE;
            needs(source, SettingKey.AUTH_ISSUER, SettingKey.AUTH_AUDIENCE);
        } else {
            String missing = "auth.jwks-url or auth.jwks-file";
            ineffective(missing, SettingKey.AUTH_ALGORITHMS, SettingKey.AUTH_TOKEN_TYPES);
        }
        SettingKey id = SettingKey.AUTH_INTROSPECTION_CLIENT_ID;
        SettingKey secret = SettingKey.AUTH_INTROSPECTION_CLIENT_SECRET;
        if (introspects) {
            needs(SettingKey.AUTH_INTROSPECTION_URL, id, secret);
        } else {
            ineffective("auth.introspection-url", id, secret);
        }
        if (!url && !file && !introspects) {
            ineffective(
                    "auth.jwks-url, auth.jwks-file or auth.introspection-url",
                    SettingKey.AUTH_ISSUER,
                    SettingKey.AUTH_AUDIENCE,
                    SettingKey.AUTH_CLIENT_CLAIM,
                    SettingKey.AUTH_OWNER_CLAIM);
        }
    }

    private void needs(SettingKey set, SettingKey... needed) {
        for (SettingKey key : needed) {
            if (!settings.isSet(key)) {
                settings.refuse(key, "must be set, too, because %s is".formatted(settings.nameOf(set)));
            }
        }
    }

    private void ineffective(String missing, SettingKey... keys) {
        for (SettingKey key : keys) {
            if (settings.isSet(key)) {
                settings.refuse(key, "means nothing without " + missing);
            }
        }
    }
}
