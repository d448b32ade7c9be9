package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * The parts of a JDBC URL: credentials and, on PostgreSQL, parameters go to the driver as properties, so that no
 * driver, pool or Flyway message that prints the URL holds a secret.
 *
 * @param location everything up to the parameters
 * @param user the user in the URL, or empty
 * @param password the password in the URL, or empty
 * @param parameters all others, by name
 */
record DatabaseUrl(String location, String user, String password, Map<String, String> parameters) {
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
        if (parts[0].matches(H2 + "(tcp|ssl):.*") || isTrue(parameters.getOrDefault("AUTO_SERVER", "FALSE"))) {
            throw new IllegalArgumentException("db.url must not lead to another process that has the H2 file open"
                    + " (tcp:, ssl:, AUTO_SERVER): this one could not tell when the file has a change;"
                    + " PostgreSQL is for several processes");
        }
        return of(parts[0], parameters, "USER", "PASSWORD");
    }

    private static boolean isTrue(String value) {
        return !Set.of("FALSE", "F", "NO", "N", "0").contains(value.toUpperCase(Locale.ROOT));
    }

    private static DatabaseUrl postgresql(String url) {
        int question = url.indexOf('?');
        String location = question < 0 ? url : url.substring(0, question);
        if (location.indexOf('@') >= 0) {
            throw new IllegalArgumentException("db.url must not hold user:password@; set db.user and db.password");
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        if (question >= 0) {
            for (String part : url.substring(question + 1).split("&", -1)) {
                put(parameters, part, name -> name, value -> URLDecoder.decode(value, UTF_8));
            }
        }
        return of(location, parameters, "user", "password");
    }

    private static void put(
            Map<String, String> all, String part, UnaryOperator<String> readName, UnaryOperator<String> readValue) {
        if (!part.isEmpty()) {
            int equals = part.indexOf('=');
            String name = equals < 0 ? part : part.substring(0, equals);
            all.put(readName.apply(name), equals < 0 ? "" : readValue.apply(part.substring(equals + 1)));
        }
    }

    private static DatabaseUrl of(String location, Map<String, String> all, String userName, String passwordName) {
        String user = all.getOrDefault(userName, "");
        String password = all.getOrDefault(passwordName, "");
        all.remove(userName);
        all.remove(passwordName);
        return new DatabaseUrl(location, user, password, all);
    }

    /** Returns the same URL with these credentials, where they are not empty. */
    DatabaseUrl withCredentials(DatabaseCredentials other) {
        String newUser = other.user().isEmpty() ? user : other.user();
        String newPassword = other.password().isEmpty() ? password : other.password();
        return new DatabaseUrl(location, newUser, newPassword, parameters);
    }

    /** Returns the same URL with defaults for parameters that it does not set. */
    DatabaseUrl orElse(Map<String, String> defaults) {
        Map<String, String> all = new LinkedHashMap<>(parameters);
        defaults.forEach(all::putIfAbsent);
        return new DatabaseUrl(location, user, password, all);
    }

    /** Returns the same URL, with a name for an unnamed H2 memory database, which connections could not share. */
    DatabaseUrl named() {
        return location.equals(H2 + "mem:")
                ? new DatabaseUrl(location + "asyncjob-" + UUID.randomUUID(), user, password, parameters)
                : this;
    }

    /** Returns whether the database is H2; otherwise it is PostgreSQL. */
    boolean isH2() {
        return location.startsWith(H2);
    }

    /** Returns whether the database is an H2 file that this process opens. */
    boolean isH2File() {
        return isH2() && !location.matches("jdbc:h2:(mem|zip):.*");
    }

    /** Returns the URL for the driver: with H2's parameters, which it reads only there, and without credentials. */
    String forDriver() {
        StringBuilder url = new StringBuilder(isH2() ? safeLocation() : location);
        if (isH2()) {
            parameters.forEach(
                    (name, value) -> url.append(';').append(name).append('=').append(value));
        }
        return url.toString();
    }

    /**
     * Returns the location with file systems of H2: {@link H2File}, on the one that the path names, or on
     * {@code async}, since H2's default file channel, and with it the database, closes when a thread that uses it is
     * interrupted.
     */
    private String safeLocation() {
        if (!isH2File()) {
            return location;
        }
        String path = location.substring(H2.length()).replaceFirst("^file:", "");
        boolean namesFileSystem = path.matches("[A-Za-z]\\w+:.*");
        return H2 + H2File.SCHEME + ":" + (namesFileSystem ? "" : "async:") + path;
    }

    /** Returns the properties for the driver, beside the URL. */
    Properties properties() {
        Properties properties = new Properties();
        if (!isH2()) {
            properties.putAll(parameters);
        }
        if (!user.isEmpty()) {
            properties.setProperty("user", user);
        } else if (isH2()) {
            properties.setProperty("user", "sa"); // H2's customary name for the user that creates a database
        }
        if (!password.isEmpty()) {
            properties.setProperty("password", password);
        }
        return properties;
    }

    /** Returns the location and the names of the parameters; their values may be secret. */
    @Override
    public String toString() {
        return parameters.isEmpty() ? location : location + " with " + String.join(", ", parameters.keySet());
    }
}
