package dev.asyncjob.bootstrap.config;

import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_ALGORITHMS;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_AUDIENCE;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_CLIENT_CLAIM;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_INTROSPECTION_CLIENT_ID;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_INTROSPECTION_CLIENT_SECRET;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_INTROSPECTION_URL;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_ISSUER;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_JWKS_FILE;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_JWKS_URL;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_OWNER_CLAIM;
import static dev.asyncjob.bootstrap.config.SettingKey.AUTH_TOKEN_TYPES;

import dev.asyncjob.identity.IdentitySettings;
import java.net.URI;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@link IdentitySettings} and refuses combinations that make no sense. A security setting without effect is one
 * of them: an operator would rely on it. Used once, by one thread.
 */
final class IdentityReader {
    private final SettingSources settings;

    IdentityReader(SettingSources settings) {
        this.settings = settings;
    }

    /** Reads the settings; reports problems to the {@link SettingsReader}. */
    IdentitySettings read() {
        refuseBothKeySources();
        refuseMissing();
        refuseIneffective();
        return new IdentitySettings(
                settings.optional(AUTH_JWKS_URL, SettingValues::providerUrl),
                settings.optional(AUTH_JWKS_FILE, SettingValues::path),
                word(AUTH_ISSUER),
                word(AUTH_AUDIENCE),
                settings.value(AUTH_CLIENT_CLAIM, SettingValues::word),
                word(AUTH_OWNER_CLAIM),
                settings.value(AUTH_ALGORITHMS, SettingValues::algorithms),
                settings.value(AUTH_TOKEN_TYPES, SettingValues::tokenTypes),
                introspection());
    }

    private String word(SettingKey key) {
        return Objects.requireNonNullElse(settings.optional(key, SettingValues::word), "");
    }

    private IdentitySettings.@Nullable Endpoint introspection() {
        URI url = settings.optional(AUTH_INTROSPECTION_URL, SettingValues::providerUrl);
        String id = settings.optional(AUTH_INTROSPECTION_CLIENT_ID, Function.identity());
        String secret = settings.optional(AUTH_INTROSPECTION_CLIENT_SECRET, Function.identity());
        return url == null || id == null || secret == null ? null : new IdentitySettings.Endpoint(url, id, secret);
    }

    private void refuseBothKeySources() {
        if (settings.isSet(AUTH_JWKS_URL) && settings.isSet(AUTH_JWKS_FILE)) {
            settings.refuse(AUTH_JWKS_FILE, "set this or %s, not both".formatted(settings.nameOf(AUTH_JWKS_URL)));
        }
    }

    private void refuseMissing() {
        for (SettingKey keys : List.of(AUTH_JWKS_URL, AUTH_JWKS_FILE)) {
            if (settings.isSet(keys)) {
                needs(keys, AUTH_ISSUER, AUTH_AUDIENCE);
                break;
            }
        }
        if (settings.isSet(AUTH_INTROSPECTION_URL)) {
            needs(AUTH_INTROSPECTION_URL, AUTH_INTROSPECTION_CLIENT_ID, AUTH_INTROSPECTION_CLIENT_SECRET);
        }
    }

    private void needs(SettingKey set, SettingKey... needed) {
        for (SettingKey key : needed) {
            if (!settings.isSet(key)) {
                settings.refuse(key, "must be set, too, because %s is".formatted(settings.nameOf(set)));
            }
        }
    }

    private void refuseIneffective() {
        boolean keys = settings.isSet(AUTH_JWKS_URL) || settings.isSet(AUTH_JWKS_FILE);
        boolean introspects = settings.isSet(AUTH_INTROSPECTION_URL);
        if (!keys) {
            ineffective("auth.jwks-url or auth.jwks-file", AUTH_ALGORITHMS, AUTH_TOKEN_TYPES);
        }
        if (!introspects) {
            ineffective("auth.introspection-url", AUTH_INTROSPECTION_CLIENT_ID, AUTH_INTROSPECTION_CLIENT_SECRET);
        }
        if (!keys && !introspects) {
            ineffective(
                    "auth.jwks-url, auth.jwks-file or auth.introspection-url",
                    AUTH_ISSUER,
                    AUTH_AUDIENCE,
                    AUTH_CLIENT_CLAIM,
                    AUTH_OWNER_CLAIM);
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
