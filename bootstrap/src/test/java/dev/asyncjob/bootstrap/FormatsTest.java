package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Checks the format strings of the main code, which {@link ArchitectureRules} cannot see: {@code %d} writes the digits
 * of the default locale, {@code %,d} its separators, {@code %tB} its names, and {@code %S} its upper case.
 */
class FormatsTest {
    private static final List<String> MODULES = List.of(
            "domain",
            "application",
            "adapter-http",
            "adapter-persistence",
            "adapter-identity",
            "adapter-ui",
            "client",
            "testkit",
            "bootstrap");

    /**
     * A conversion that depends on the locale (java.util.Formatter), in a text that no {@code Locale.ROOT} precedes.
     */
    private static final Pattern LOCALIZED = Pattern.compile(
            "(?<!Locale\\.ROOT,\\s{0,40})\"(?:[^\"\\\\\\n]|\\\\.)*?%(?:\\d+\\$|<)?(?:[-#+ 0(]*,[-#+ 0,(]*\\d*[a-z]|[-#+ 0(]*\\d*(?:\\.\\d+)?(?:[deEfgGSX]|[tT][a-zA-Z]))");

    @Test
    void no_format_depends_on_the_locale() throws IOException {
        List<String> found = new ArrayList<>();
        for (String module : MODULES) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    localized(Files.readString(file)).forEach(text -> found.add(file + ": " + text));
                }
            }
        }
        assertThat(found).isEmpty();
    }

    @Test
    void a_format_that_depends_on_the_locale_is_found() {
        assertThat(Stream.of("%d", "at %5d", "%08.2f", "%,d", "%1$d", "%tY", "%S", "%e", "\\\"%d\\\"")
                        .filter(format -> localized("x = \"" + format + "\".formatted(y);")
                                .isEmpty()))
                .isEmpty();
        assertThat(Stream.of("%s", "%-5s", "%04x", "%c%n", "100 %", "%%", "%7B")
                        .filter(format -> !localized("x = \"" + format + "\".formatted(y);")
                                .isEmpty()))
                .isEmpty();
        assertThat(localized("String.format(Locale.ROOT, \"%04d\", 7)")).isEmpty();
    }

    private static List<String> localized(String source) {
        return LOCALIZED.matcher(source).results().map(found -> found.group()).toList();
    }
}
