package dev.asyncjob.bootstrap.config;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.http.settings.StatusExtra;
import dev.asyncjob.identity.IdentitySettings;
import dev.asyncjob.persistence.Pooler;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Parses the texts of settings. The message of an error does not repeat the text. */
public final class SettingValues {
    private static final Pattern WITH_UNIT = Pattern.compile("[0-9.]+\\s*[A-Za-z]+");
    private static final Pattern SIZE = Pattern.compile("[0-9.]+\\s*[A-Za-z]*");

    /** Java's parsers read the digits of every script. */
    private static final Pattern WHOLE = Pattern.compile("-?[0-9]{1,10}");

    private static final Pattern SHARE = Pattern.compile("[0-9]{0,9}\\.?[0-9]{1,17}");
    private static final Pattern JDBC_URL = Pattern.compile("jdbc:(h2|postgresql):\\S+");
    private static final Pattern WORD = Pattern.compile("[!-~]{1,512}");
    private static final Pattern TOKEN_TYPE = Pattern.compile("[A-Za-z0-9.+_-]{1,64}");
    private static final Pattern LOOPBACK =
            Pattern.compile("localhost|127(\\.\\d{1,3}){3}|\\[::1]", Pattern.CASE_INSENSITIVE);
    private static final int LAST_PORT = 65_535;
    private static final Pattern CREDENTIAL = Pattern.compile("[A-Za-z0-9._~+/-]{1,512}=*");

    private SettingValues() {}

    static String jdbcUrl(String text) {
        return matching(JDBC_URL, text, "must begin with jdbc:h2: or jdbc:postgresql:");
    }

    static String credential(String text) {
        return matching(CREDENTIAL, text, "must have 1 to 512 of A-Z, a-z, 0-9, '.', '_', '~', '+', '/' and '-'");
    }

    static String word(String text) {
        return matching(WORD, text, "must be 1 to 512 visible ASCII characters");
    }

    /** Names of signature algorithms, separated by commas. */
    static Set<String> algorithms(String text) {
        Set<String> names = new HashSet<>(list(text));
        if (!IdentitySettings.ALGORITHMS.containsAll(names)) {
            throw refusal("must be one or more of " + String.join(", ", new TreeSet<>(IdentitySettings.ALGORITHMS)));
        }
        return names;
    }

    /** Values of {@code typ} in the header of a token, separated by commas. */
    static Set<String> tokenTypes(String text) {
        Set<String> names = new HashSet<>(list(text));
        names.forEach(name -> matching(TOKEN_TYPE, name, "must be types such as at+jwt, separated by commas"));
        return names;
    }

    /** The URL of an identity provider; without encryption it must be on this machine. */
    static URI providerUrl(String text) {
        URI url = uri(text);
        String scheme = Objects.requireNonNullElse(url.getScheme(), "").toLowerCase(Locale.ROOT);
        if (!Set.of("http", "https").contains(scheme)
                || url.getHost() == null
                || url.getPort() == 0
                || url.getPort() > LAST_PORT) {
            throw refusal("must be an absolute URL with https:");
        }
        if (url.getRawUserInfo() != null || url.getRawFragment() != null) {
            throw refusal("must be a URL without a user and a fragment");
        }
        if (scheme.equals("http") && !LOOPBACK.matcher(url.getHost()).matches()) {
            throw refusal("must begin with https: unless the host is localhost, 127.0.0.0/8 or [::1]");
        }
        return url;
    }

    private static URI uri(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw refusal("must be an absolute URL with https:");
        }
    }

    /** A host name or an address to listen on. */
    static String host(String text) {
        return HttpSettings.defaults().listeningOn(text, 0).host();
    }

    static int port(String text) {
        return wholeNumber(text, 0, LAST_PORT);
    }

    static int wholeNumber(String text, int min, int max) {
        long number = WHOLE.matcher(text).matches() ? Long.parseLong(text) : Long.MIN_VALUE;
        if (number >= min && number <= max) {
            return (int) number;
        }
        throw refusal("must be a whole number, %s to %s".formatted(min, max));
    }

    static double share(String text) {
        double number = SHARE.matcher(text).matches() ? Double.parseDouble(text) : -1;
        if (number >= 0 && number <= 1) {
            return number;
        }
        throw refusal("must be a number, 0 to 1");
    }

    static boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw refusal("must be true or false");
        };
    }

    /** What is between the server and PostgreSQL. */
    static Pooler pooler(String text) {
        return switch (text) {
            case "none" -> Pooler.NONE;
            case "transaction" -> Pooler.TRANSACTION;
            default -> throw refusal("must be none or transaction");
        };
    }

    /** What status answers have beside the status: names separated by commas. */
    static Set<StatusExtra> extras(String text) {
        return list(text).stream()
                .map(name -> StatusExtra.named(name)
                        .orElseThrow(() -> refusal("must be one or more of progress, result, error and reference")))
                .collect(Collectors.toSet());
    }

    /** Where the methods for workers and operators are served. */
    static Settings.WorkApiPlace workApi(String text) {
        return switch (text) {
            case "public" -> Settings.WorkApiPlace.PUBLIC;
            case "management" -> Settings.WorkApiPlace.MANAGEMENT;
            case "off" -> Settings.WorkApiPlace.OFF;
            default -> throw refusal("must be public, management or off");
        };
    }

    /** What a user that a proxy has logged in may do. */
    static Scope readerScope(String text) {
        return switch (text) {
            case "job:read-all" -> Scope.JOB_READ_ALL;
            case "job:admin" -> Scope.JOB_ADMIN;
            default -> throw refusal("must be job:read-all or job:admin");
        };
    }

    static String logLevel(String text) {
        if (!List.of("error", "warn", "info", "debug").contains(text)) {
            throw refusal("must be error, warn, info or debug");
        }
        return text;
    }

    /** Whether a format of the log is {@code json}, and not {@code text}. */
    static boolean isJson(String text) {
        if (!List.of("json", "text").contains(text)) {
            throw refusal("must be json or text");
        }
        return text.equals("json");
    }

    static Path path(String text) {
        try {
            return Path.of(text);
        } catch (InvalidPathException e) {
            throw refusal("must be the path of a file");
        }
    }

    /** The texts between commas. */
    static List<String> list(String text) {
        return Stream.of(text.split(",", -1)).map(String::strip).toList();
    }

    /** The duration, if it is within its bounds. */
    public static Duration within(Duration min, Duration max, Duration duration) {
        if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
            throw refusal("must be %s to %s".formatted(min, max));
        }
        return duration;
    }

    /** One duration, or the two ends of a range such as {@code 2s..6s}. */
    static List<Duration> durations(String text) {
        List<Duration> ends = Stream.of(text.split("\\.\\.", -1))
                .map(end -> duration(end.strip()))
                .toList();
        if (ends.size() > 2 || ends.get(0).compareTo(ends.get(ends.size() - 1)) > 0) {
            throw refusal("must be a duration such as 3s, or a range such as 2s..6s");
        }
        return ends;
    }

    /** A duration with its unit, such as {@code 55s}, {@code 5 minutes} or {@code PT30S}. */
    public static Duration duration(String text) {
        try {
            if (text.startsWith("P")) {
                return Duration.parse(text);
            }
            // A bare number would be milliseconds, but 30 is meant as seconds.
            if (WITH_UNIT.matcher(text).matches()) {
                return ConfigFactory.parseMap(Map.of("value", text)).getDuration("value");
            }
        } catch (DateTimeException | ArithmeticException | ConfigException e) {
            // It is refused below, like a text without a unit.
        }
        throw refusal("must be a duration with its unit, such as 55s, 30d, 5 minutes or PT30S");
    }

    /** A size in bytes, such as {@code 64KiB}, {@code 1MB} or {@code 65536}. */
    static int size(String text, int min, int max) {
        return (int) longSize(text, min, max);
    }

    /** The same, also above 2 GiB. */
    static long longSize(String text, long min, long max) {
        try {
            long bytes = ConfigFactory.parseMap(Map.of("value", matching(SIZE, text, "must be a size such as 64KiB")))
                    .getBytes("value");
            if (bytes >= min && bytes <= max) {
                return bytes;
            }
        } catch (ConfigException e) {
            throw refusal("must be a size such as 64KiB");
        }
        throw refusal("must be %s to %s bytes".formatted(min, max));
    }

    private static String matching(Pattern pattern, String text, String refusal) {
        if (!pattern.matcher(text).matches()) {
            throw refusal(refusal);
        }
        return text;
    }

    private static InvalidValueException refusal(String message) {
        return new InvalidValueException("format", message, List.of());
    }
}
