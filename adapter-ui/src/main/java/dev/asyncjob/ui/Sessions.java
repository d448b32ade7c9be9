package dev.asyncjob.ui;

import dev.asyncjob.domain.Owner;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of people who have logged in, in the memory of this node. Bounded in number and time by
 * {@link PageSettings}. Safe for use from any thread.
 */
final class Sessions {
    private static final int SECRET_BYTES = 32;

    private final PageSettings settings;
    private final LongSupplier nanoTime;
    private final SecureRandom random = new SecureRandom();

    private final Map<String, Session> sessions = new HashMap<>();

    Sessions(PageSettings settings, LongSupplier nanoTime) {
        this.settings = settings;
        this.nanoTime = nanoTime;
    }

    /** One login. */
    static final class Session {
        /** The secret of the cookie. */
        final String id;

        /** The secret of the forms in its views. */
        final String formToken;

        final Owner client;

        /** They are checked again with every request; null for a user that a proxy names with every request. */
        final Login.@Nullable Credentials credentials;

        private final long begun;
        private long used;

        private Session(
                String id, String formToken, Owner client, Login.@Nullable Credentials credentials, long begun) {
            this.id = id;
            this.formToken = formToken;
            this.client = client;
            this.credentials = credentials;
            this.begun = begun;
            this.used = begun;
        }

        /** Whether it can belong to a request with which a proxy names this user; null for no user. */
        boolean fits(@Nullable Owner user) {
            return credentials == null ? client.equals(user) : user == null;
        }
    }

    /** A secret of 256 random bits, as text for URLs and cookies. */
    String secret() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** Begins a session, with credentials, or without for a user that a proxy names. */
    synchronized Session begin(Owner client, Login.@Nullable Credentials credentials) {
        long now = nanoTime.getAsLong();
        sessions.values().removeIf(session -> hasEnded(session, now));
        Predicate<Session> ofClient = session -> session.client.equals(client);
        if (sessions.values().stream().filter(ofClient).count() >= settings.maxSessionsOfClient()) {
            removeLongestIdle(ofClient, now);
        }
        if (sessions.size() >= settings.maxSessions()) {
            removeLongestIdle(any -> true, now);
        }
        Session session = new Session(secret(), secret(), client, credentials, now);
        sessions.put(session.id, session);
        return session;
    }

    private void removeLongestIdle(Predicate<Session> of, long now) {
        sessions.values().stream()
                .filter(of)
                .max(Comparator.comparingLong(session -> now - session.used))
                .ifPresent(this::end);
    }

    /**
     * Finds a session that has not ended.
     *
     * @param isUse whether a person uses it; a view that refreshes itself does not keep it
     */
    synchronized Optional<Session> find(@Nullable String id, boolean isUse) {
        Session session = id == null ? null : sessions.get(id);
        if (session == null) {
            return Optional.empty();
        }
        long now = nanoTime.getAsLong();
        if (hasEnded(session, now)) {
            sessions.remove(session.id);
            return Optional.empty();
        }
        if (isUse) {
            session.used = now;
        }
        return Optional.of(session);
    }

    /** Ends a session. */
    synchronized void end(Session session) {
        sessions.remove(session.id);
    }

    private boolean hasEnded(Session session, long now) {
        return isOver(session.used, settings.idle(), now) || isOver(session.begun, settings.longest(), now);
    }

    private static boolean isOver(long since, Duration limit, long now) {
        return now - since >= limit.toNanos();
    }
}
