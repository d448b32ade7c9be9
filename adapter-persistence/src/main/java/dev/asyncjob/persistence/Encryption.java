package dev.asyncjob.persistence;

import java.sql.Driver;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The rule that passwords and payloads cross no network in plaintext, unless the operator says so. */
final class Encryption {
    /** Modes in which the driver may connect without encryption. */
    private static final Set<String> PLAINTEXT = Set.of("disable", "allow", "prefer");

    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[?::1]?", Pattern.CASE_INSENSITIVE);

    /** SQLSTATEs of a login without the encryption that one side wants: refused, or the connection fails. */
    private static final Set<String> REFUSED = Set.of("08004", "08006");

    private Encryption() {}

    /**
     * Returns the URL, with verified encryption where a host is not this machine and the URL does not choose itself.
     *
     * @throws IllegalStateException if the URL chooses plaintext
     */
    static DatabaseUrl required(DatabaseUrl url, Driver driver) throws SQLException {
        Map<String, String> parameters = url.parameters();
        String mode = parameters.get("sslmode");
        if (isLocal(url, driver)) {
            return url;
        }
        if (mode == null) {
            boolean chosen = !parameters.getOrDefault("ssl", "false").equalsIgnoreCase("false");
            return chosen ? url : url.orElse(Map.of("sslmode", "verify-full"));
        }
        if (PLAINTEXT.contains(mode.toLowerCase(Locale.ROOT))) {
            throw new IllegalStateException(
                    "cannot open %s: sslmode=%s allows plaintext; set db.allow-plaintext=true".formatted(url, mode)
                            + " if the network to the database is private");
        }
        return url;
    }

    /** Returns whether all hosts, as the driver understands the URL, are this machine. */
    private static boolean isLocal(DatabaseUrl url, Driver driver) throws SQLException {
        Properties properties = url.properties();
        return Stream.of(driver.getPropertyInfo(url.forDriver(), properties))
                .filter(property -> property.name.equals("PGHOST"))
                .map((DriverPropertyInfo property) -> String.valueOf(property.value))
                .flatMap(hosts -> Stream.of(hosts.split(",", -1)))
                .allMatch(host -> host.isEmpty() || LOOPBACK.matcher(host).matches()); // empty means localhost
    }

    /** Returns what to set, for the message of a login that failed as it does without encryption; else nothing. */
    static String hint(DatabaseUrl url, SQLException failure) {
        return !url.isH2()
                        && "verify-full".equals(url.parameters().get("sslmode"))
                        && REFUSED.contains(String.valueOf(failure.getSQLState()))
                ? "; the server's certificate is verified unless the URL sets another sslmode: set sslrootcert in db.url,"
                        + " or db.allow-plaintext=true if the network to the database is private"
                : "";
    }
}
