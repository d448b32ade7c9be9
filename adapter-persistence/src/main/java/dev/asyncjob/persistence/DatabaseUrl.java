package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * A JDBC URL taken apart: credentials and parameters go to the driver by another way, so that whatever a driver, the
 * pool or Flyway prints of the URL holds no secret.
 *
 * @param dialect whose it is
 * @param place everything up to the parameters
 * @param user the user it names, or empty
 * @param password the password it holds, or empty
 * @param parameters all others, by name
 */
record DatabaseUrl(SqlDialect dialect, String place, String user, String password, Map<String, String> parameters) {
    private static final String H2 = "jdbc:h2:";
    private static final String POSTGRESQL = "jdbc:postgresql:";

    /** @throws IllegalArgumentException saying what is wrong, without repeating the URL */
    static DatabaseUrl parse(String url) {
        if (url.startsWith(H2)) {
            return h2(url);
        }
        if (url.startsWith(POSTGRESQL)) {
            return postgresql(url);
        }
        throw new IllegalArgumentException("db.url must begin with " + H2 + " or " + POSTGRESQL);
    }

    private static DatabaseUrl h2(String url) {
        String[] parts = url.split("(?<!\\\\);", -1); // a backslash keeps a semicolon within a value
        if (parts[0].equals(H2)) {
            throw new IllegalArgumentException("db.url must name a database after " + H2);
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            put(parameters, parts[i], name -> name.toUpperCase(Locale.ROOT), value -> value);
        }
        return of(SqlDialect.H2, parts[0], parameters, "USER", "PASSWORD");
    }

    private static DatabaseUrl postgresql(String url) {
        int question = url.indexOf('?');
        String place = question < 0 ? url : url.substring(0, question);
        if (place.indexOf('@') >= 0) {
            throw new IllegalArgumentException("db.url must not hold user:password@; set db.user and db.password");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        if (question >= 0) {
            for (String part : url.substring(question + 1).split("&", -1)) {
                put(parameters, part, name -> name, value -> URLDecoder.decode(value, UTF_8));
            }
        }
        return of(SqlDialect.POSTGRESQL, place, parameters, "user", "password");
    }

    private static void put(
            Map<String, String> all, String part, UnaryOperator<String> readName, UnaryOperator<String> readValue) {
        if (!part.isEmpty()) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part : part.substring(0, equals);
            all.put(readName.apply(name), equals < 0 ? "" : readValue.apply(part.substring(equals + 1)));
        }
    }

    private static DatabaseUrl of(
            SqlDialect dialect, String place, Map<String, String> all, String userName, String passwordName) {
        String user = all.getOrDefault(userName, "");
        String password = all.getOrDefault(passwordName, "");
        all.remove(userName);
        all.remove(passwordName);
        return new DatabaseUrl(dialect, place, user, password, all);
    }

    /** The same with these credentials, where they are not empty. */
    DatabaseUrl as(String otherUser, String otherPassword) {
        return new DatabaseUrl(
                dialect,
                place,
                otherUser.isEmpty() ? user : otherUser,
                otherPassword.isEmpty() ? password : otherPassword,
                parameters);
    }

    /** The same with more parameters, where they are not set. */
    DatabaseUrl orElse(Map<String, String> defaults) {
        Map<String, String> all = new LinkedHashMap<>(parameters);
        defaults.forEach(all::putIfAbsent);
        return new DatabaseUrl(dialect, place, user, password, all);
    }

    /** A memory database without a name is another one for each connection: names it, for one pool to share. */
    DatabaseUrl named() {
        return place.equals(H2 + "mem:")
                ? new DatabaseUrl(dialect, place + "asyncjob-" + UUID.randomUUID(), user, password, parameters)
                : this;
    }

    /** Whether H2 keeps it in a file, which this process opens. */
    boolean isH2File() {
        return dialect == SqlDialect.H2 && !place.matches("jdbc:h2:(mem|tcp|ssl|zip):.*");
    }

    /** The URL that the driver is given: with H2's parameters, which it takes nowhere else, and never a credential. */
    String forDriver() {
        StringBuilder url = new StringBuilder(dialect == SqlDialect.H2 ? safeFromInterrupts() : place);
        if (dialect == SqlDialect.H2) {
            parameters.forEach(
                    (name, value) -> url.append(';').append(name).append('=').append(value));
        }
        return url.toString();
    }

    /**
     * H2's usual channel to a file is closed when a thread that uses it is interrupted, and the database with it; the
     * asynchronous one is not. A path that names a file system of its own choice is left alone.
     */
    private String safeFromInterrupts() {
        String path = place.substring(H2.length()).replaceFirst("^file:", "");
        boolean ownChoice = path.matches("[A-Za-z]\\w+:.*");
        return isH2File() && !ownChoice ? H2 + "async:" + path : place;
    }

    /** What the driver is given besides. */
    Properties properties() {
        Properties properties = new Properties();
        if (dialect == SqlDialect.POSTGRESQL) {
            properties.putAll(parameters);
        }
        if (!user.isEmpty()) {
            properties.setProperty("user", user);
        } else if (dialect == SqlDialect.H2) {
            properties.setProperty("user", "sa"); // H2's customary name for who created a database
        }
        if (!password.isEmpty()) {
            properties.setProperty("password", password);
        }
        return properties;
    }

    /** The place and the names of the parameters, whose values may be secret. */
    @Override
    public String toString() {
        return parameters.isEmpty() ? place : place + " with " + String.join(", ", parameters.keySet());
    }
}
