package dev.asyncjob.bootstrap.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import dev.asyncjob.domain.InvalidValueException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a file and the environment, with their sources and all errors; a source that is added later overrides
 * the earlier ones. Used by one thread.
 *
 * <p>The suffix {@code -file} (environment: {@code _FILE}) of a name means that the value is the path of a file, and
 * that the content of this file is the value of the setting. A key that itself ends in it, such as
 * {@code auth.clients-file}, takes precedence. No error repeats a value: it may be a secret, also if it is in the wrong
 * place.
 */
final class SettingSources {
    /** Variables of the command line and of its clients, which are no settings. */
    private static final Set<String> OTHER_VARIABLES =
            Set.of("ASYNCJOB_CONFIG", "ASYNCJOB_URL", "ASYNCJOB_TOKEN", "ASYNCJOB_API_KEY", "ASYNCJOB_ALLOW_PLAINTEXT");

    /**
     * Variables that Kubernetes sets in every pod for a service named {@code asyncjob} or {@code asyncjob-…}, and
     * Docker for a link of that name, with their values: a number as {@code ASYNCJOB_HTTP_PORT} is a setting, a URL is
     * not.
     */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "ASYNCJOB_(\\w+_)?(SERVICE_(HOST|PORT(_\\w+)?)=.*|PORT=\\w+://.*|PORT_\\d+_(TCP|UDP|SCTP)(_\\w+)?=.*"
                    + "|NAME=/.*|ENV_[^=]+=.*)",
            Pattern.DOTALL);

    private static final Logger LOG = System.getLogger(SettingSources.class.getName());
    private static final Pattern LAST_LINE_END = Pattern.compile("\\r?\\n\\z");

    private final Map<SettingKey, Assignment> assigned = new EnumMap<>(SettingKey.class);
    private final List<String> problems = new ArrayList<>();
    private final Set<Path> files = new LinkedHashSet<>();

    /**
     * A value, or the path of the file with the value, and its name.
     *
     * @param name the name for error messages: as it was written and, for a file, with file and line
     */
    private record Assignment(String name, String text) {}

    /** Adds a HOCON, JSON or properties file; only keys under {@code asyncjob.} are read. */
    void addFile(Path file) {
        Map<String, Assignment> written = new TreeMap<>();
        files.add(file);
        try {
            Config config = ConfigFactory.parseFile(
                    file.toFile(), ConfigParseOptions.defaults().setAllowMissing(false));
            flatten("", config.resolve(ConfigResolveOptions.noSystem()).root(), file, written);
        } catch (ConfigException.IO e) {
            problems.add(file + ": this configuration file cannot be read");
        } catch (ConfigException e) {
            problems.add(place(file, e.origin() == null ? -1 : e.origin().lineNumber())
                    + ": this is not valid HOCON, JSON or properties");
        }
        addLayer(written, SettingKey::fileName, "-file");
    }

    /** Adds the environment variables that begin with {@code ASYNCJOB_}. */
    void addEnvironment(Map<String, String> environment) {
        Map<String, Assignment> written = new TreeMap<>();
        environment.forEach((name, text) -> {
            if (name.startsWith(SettingKey.ENVIRONMENT_PREFIX)
                    && !OTHER_VARIABLES.contains(name)
                    && !SERVICE_LINK.matcher(name + "=" + text).matches()) {
                written.put(name, new Assignment(name, text));
            }
        });
        addLayer(written, SettingKey::environmentName, "_FILE");
    }

    /** The value of a key, or its default. After an error it is the default too, so that reading can continue. */
    <T> T value(SettingKey key, Function<String, T> parse) {
        String defaultText = key.defaultText();
        if (defaultText == null) {
            throw new IllegalArgumentException(key + " has no default");
        }
        Assignment assignment = assigned.get(key);
        T parsed = assignment == null ? null : parsed(assignment, parse);
        return parsed == null ? parse.apply(defaultText) : parsed;
    }

    /**
     * The settings with the value of a key, or with its default if it has one. After an error they are unchanged, so
     * that reading can continue.
     *
     * @param change may refuse the value: so the rules can be those of the settings, and an error still names its key
     */
    <S, T> S with(S settings, SettingKey key, Function<String, T> parse, BiFunction<S, T, S> change) {
        Function<String, S> changed = text -> change.apply(settings, parse.apply(text));
        return key.defaultText() == null
                ? Objects.requireNonNullElse(optional(key, changed), settings)
                : value(key, changed);
    }

    /**
     * The value of a key; null if it is not set or empty, because deployment tools turn an absent value into empty
     * text.
     */
    <T> @Nullable T optional(SettingKey key, Function<String, T> parse) {
        Assignment assignment = assigned.get(key);
        return assignment == null || assignment.text().isEmpty() ? null : parsed(assignment, parse);
    }

    private <T> @Nullable T parsed(Assignment assignment, Function<String, T> parse) {
        try {
            return parse.apply(assignment.text());
        } catch (InvalidValueException e) { // the one exception whose message never repeats the value
            problems.add(assignment.name() + ": " + e.getMessage());
            return null;
        }
    }

    /** Whether a key is set, also to empty text. */
    boolean isAssigned(SettingKey key) {
        return assigned.containsKey(key);
    }

    /** Whether a key is set to text that is not empty. */
    boolean isSet(SettingKey key) {
        Assignment assignment = assigned.get(key);
        return assignment != null && !assignment.text().isEmpty();
    }

    /** The name of a key as it was written, or else its name in the environment. */
    String nameOf(SettingKey key) {
        Assignment assignment = assigned.get(key);
        return assignment == null ? key.environmentName() : assignment.name();
    }

    /** Adds an error of a key; the message must not repeat its value. */
    void refuse(SettingKey key, String problem) {
        refuse(nameOf(key) + ": " + problem);
    }

    /** Adds an error whose message names the setting itself. */
    void refuse(String problem) {
        problems.add(problem);
    }

    /** What is set, a line each, with the values of public keys. */
    List<String> described() {
        return assigned.entrySet().stream()
                .map(one -> one.getKey().key()
                        + (one.getKey().isPublic() ? " = " + one.getValue().text() : " is set"))
                .toList();
    }

    /** All errors so far, a line each. */
    List<String> problems() {
        return List.copyOf(problems);
    }

    <T> T requireGood(@Nullable T value) {
        if (value == null || !problems.isEmpty()) {
            throw new IllegalStateException(problems.isEmpty() ? "a setting is missing" : String.join("; ", problems));
        }
        return value;
    }

    private void flatten(String prefix, ConfigObject object, Path file, Map<String, Assignment> into) {
        object.forEach((name, value) -> {
            String path = prefix + name;
            if (value instanceof ConfigObject nested) {
                flatten(path + ".", nested, file, into);
            } else if (path.equals("asyncjob") || path.startsWith(SettingKey.FILE_PREFIX)) {
                addLeaf(path, value, file, into);
            }
        });
    }

    private void addLeaf(String path, ConfigValue value, Path file, Map<String, Assignment> into) {
        String shown = "%s (%s)".formatted(path, place(file, value.origin().lineNumber()));
        if (value.unwrapped() instanceof List<?> names && path.equals(SettingKey.STATUS_EXTRAS.fileName())) {
            into.put(
                    path,
                    new Assignment(shown, names.stream().map(String::valueOf).collect(Collectors.joining(","))));
        } else if (value.valueType() == ConfigValueType.LIST) {
            problems.add(shown + ": must be one value, not a list");
        } else if (value.valueType() != ConfigValueType.NULL) {
            // The text as it was written: a password 007 is not 7.
            into.put(path, new Assignment(shown, value.atKey("value").getString("value")));
        }
    }

    private void addLayer(
            Map<String, Assignment> written, Function<SettingKey, String> spelling, String indirectionSuffix) {
        Map<String, SettingKey> direct = new LinkedHashMap<>();
        Map<String, SettingKey> indirect = new LinkedHashMap<>();
        for (SettingKey key : SettingKey.values()) {
            direct.put(spelling.apply(key), key);
            indirect.put(spelling.apply(key) + indirectionSuffix, key);
        }
        Map<SettingKey, Assignment> layer = new EnumMap<>(SettingKey.class);
        written.forEach((name, value) -> {
            SettingKey key = direct.get(name);
            SettingKey keyOfFile = indirect.get(name);
            if (key != null) {
                assign(layer, key, value);
            } else if (keyOfFile != null) {
                content(value).ifPresent(text -> assign(layer, keyOfFile, new Assignment(value.name(), text)));
            } else {
                String nearest = Stream.concat(direct.keySet().stream(), indirect.keySet().stream())
                        .min(Comparator.comparingInt(known -> distance(name, known)))
                        .orElseThrow();
                problems.add(value.name() + ": no such setting; the nearest is " + nearest);
            }
        });
        assigned.putAll(layer);
    }

    private void assign(Map<SettingKey, Assignment> layer, SettingKey key, Assignment assignment) {
        Assignment other = layer.put(key, assignment);
        if (other != null) {
            problems.add("%s: set this or %s, not both".formatted(assignment.name(), other.name()));
        }
    }

    /** Warns of each file of settings that every user of this machine can change. */
    void warnOfWriters() {
        for (Path file : files) {
            try {
                PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
                if (view != null && view.readAttributes().permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
                    LOG.log(Level.WARNING, file + ": every user of this machine can change the file");
                }
            } catch (IOException e) { // it was read a moment ago
                LOG.log(Level.DEBUG, "a file of settings has no mode", e);
            }
        }
    }

    private Optional<String> content(Assignment path) {
        try {
            files.add(Path.of(path.text()));
            return Optional.of(LAST_LINE_END
                    .matcher(Files.readString(Path.of(path.text())))
                    .replaceFirst(""));
        } catch (IOException | InvalidPathException e) {
            problems.add(path.name() + ": the file that it names cannot be read");
            return Optional.empty();
        }
    }

    private static String place(Path file, int line) {
        return line > 0 ? file + ":" + line : file.toString();
    }

    /** The edits between two names (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
