package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Keeps the BOM, which has no parent, equal to the build. */
class BomTest {
    private static final List<String> NOT_LIBRARIES = List.of("bootstrap", "bom", "benchmark");

    @Test
    void the_bom_lists_every_library() throws IOException {
        List<String> libraries = all("<module>([^<]*)</module>", pom("..")).stream()
                .filter(module -> !NOT_LIBRARIES.contains(module))
                .map(module -> "asyncjob-" + module)
                .toList();
        List<String> managed = all("<artifactId>(asyncjob-[^<]*)</artifactId>", pom("../bom"));
        assertThat(managed).contains("asyncjob-bom");
        assertThat(managed.stream().filter(name -> !name.equals("asyncjob-bom")))
                .containsExactlyInAnyOrderElementsOf(libraries);
    }

    @Test
    void the_bom_has_the_version_of_the_build() throws IOException {
        String version = "<version>([^<]*)</version>";
        assertThat(all(version, pom("../bom")).get(0))
                .isEqualTo(all(version, pom("..")).get(0));
    }

    private static String pom(String folder) throws IOException {
        return Files.readString(Path.of(folder, "pom.xml"));
    }

    private static List<String> all(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(match -> match.group(1))
                .toList();
    }
}
