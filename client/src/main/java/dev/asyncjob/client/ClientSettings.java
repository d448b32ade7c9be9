package dev.asyncjob.client;

import java.net.URI;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The server, the credentials and the timeouts of a {@link JobClient}. Immutable; {@link #toString()} shows no secret.
 *
 * @param base the URL of the server, with its base path if it has one, such as {@code http://localhost:8080/api}
 * @param statusPath the status method's path, with {@code {asyncJobId}} in it
 * @param token gives the bearer token, for each request and once more after a 401: it should keep the token while it is
 *     valid. It runs on a thread of the client, once at a time, and has 30 s. If it throws, or gives none of visible
 *     ASCII, the call fails
 * @param apiKey the api-key
 * @param hold how long the server may delay a response, 0 to 600 s in whole seconds; 0 means polling
 * @param patience how long the server may be unreachable or overloaded before a call fails, 0 or more
 * @param extras what reads of a status ask for beside it: {@code progress}, {@code result}, {@code error} and
 *     {@code reference} are known; a server ignores what it does not know
 * @param allowPlaintext whether credentials may be sent with {@code http} to another machine than this
 */
public record ClientSettings(
        URI base,
        String statusPath,
        Supplier<String> token,
        String apiKey,
        Duration hold,
        Duration patience,
        Set<String> extras,
        boolean allowPlaintext) {
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);

    private static final String ID = "{asyncJobId}";

    /** @throws IllegalArgumentException if a value is out of range; the message repeats no secret */
    public ClientSettings {
        String scheme = String.valueOf(base.getScheme());
        require(scheme.equals("http") || scheme.equals("https"), "base must be an http or https URL");
        require(base.getHost() != null && base.getRawQuery() == null, "base must name a host and hold no query");
        require(
                allowPlaintext
                        || scheme.equals("https")
                        || LOOPBACK.matcher(base.getHost()).matches(),
                "base must begin with https unless the host is localhost, 127.0.0.0/8 or [::1], or plaintext is allowed");
        require(statusPath.startsWith("/") && statusPath.contains(ID), "statusPath must be a path with " + ID);
        require(
                !(token instanceof Tokens.Fixed fixed) || Tokens.isHeader(fixed.value()),
                "token must be visible ASCII");
        require(Tokens.isHeader(apiKey), "apiKey must be visible ASCII");
        require(!hold.isNegative() && hold.toSeconds() <= 600, "hold must be 0 to 600 s");
        require(!patience.isNegative(), "patience must not be negative");
        require(extras.stream().allMatch(name -> name.matches("[a-z]{1,32}")), "extras must be names of letters a-z");
        extras = Collections.unmodifiableSet(new TreeSet<>(extras));
    }

    /** The status path of the contract, a hold of 55 s and a patience of 5 min. */
    public static ClientSettings of(URI base, String token, String apiKey) {
        return of(base, token, apiKey, false);
    }

    /** The same, with credentials in plaintext allowed or not. */
    public static ClientSettings of(URI base, String token, String apiKey, boolean allowPlaintext) {
        return of(base, new Tokens.Fixed(token), apiKey, allowPlaintext);
    }

    /** The same with tokens that a supplier gives, such as those of OAuth, which expire. */
    public static ClientSettings of(URI base, Supplier<String> token, String apiKey) {
        return of(base, token, apiKey, false);
    }

    /** The same, with credentials in plaintext allowed or not. */
    public static ClientSettings of(URI base, Supplier<String> token, String apiKey, boolean allowPlaintext) {
        String path = "/patients/composition/job/" + ID;
        return new ClientSettings(
                base, path, token, apiKey, Duration.ofSeconds(55), Duration.ofMinutes(5), Set.of(), allowPlaintext);
    }

    /** The same with another path of the status method. */
    public ClientSettings withStatusPath(String other) {
        return new ClientSettings(base, other, token, apiKey, hold, patience, extras, allowPlaintext);
    }

    /** The same with another hold. */
    public ClientSettings withHold(Duration other) {
        return new ClientSettings(base, statusPath, token, apiKey, other, patience, extras, allowPlaintext);
    }

    /** The same with another patience. */
    public ClientSettings withPatience(Duration other) {
        return new ClientSettings(base, statusPath, token, apiKey, hold, other, extras, allowPlaintext);
    }

    /** The same, with reads of a status that ask for more than that, see {@link JobState#extras}. */
    public ClientSettings withExtras(String... names) {
        return new ClientSettings(
                base, statusPath, token, apiKey, hold, patience, new TreeSet<>(List.of(names)), allowPlaintext);
    }

    URI statusOf(String id) {
        return at(statusPath.replace(ID, id));
    }

    URI statuses() { // not for QUERY, which not every gateway passes on
        return at(statusPath.replace("/" + ID, "") + "/statuses");
    }

    URI at(String path) {
        return URI.create(base.toString().replaceFirst("/+$", "") + path);
    }

    @Override
    public String toString() {
        return "ClientSettings[base=%s, statusPath=%s, hold=%s, patience=%s]"
                .formatted(base, statusPath, hold, patience);
    }

    static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
