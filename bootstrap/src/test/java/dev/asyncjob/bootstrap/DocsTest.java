package dev.asyncjob.bootstrap;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks what the documentation says without a running server: its links, its length and its code. */
class DocsTest {
    private static final int README_LINES = 250;

    /** The languages of blocks that are executed or compared, and of those that only show something. */
    private static final Set<String> LANGUAGES = Set.of("console", "sh", "java", "json", "text");

    private static final Pattern REGION = Pattern.compile("(?ms)^\\s*// README: ([^\\n]+)\\n(.*?)^\\s*// end$");

    private final List<MarkdownFile> files = MarkdownFile.all();

    @Test
    void the_readme_is_short() {
        assertThat(MarkdownFile.named("README.md").text().lines().count()).isLessThanOrEqualTo(README_LINES);
    }

    @Test
    void every_link_leads_to_a_file_and_an_anchor_that_exist() {
        Map<Path, MarkdownFile> byPath = files.stream().collect(toMap(MarkdownFile::path, file -> file));
        List<String> dead = new ArrayList<>();
        for (MarkdownFile file : files) {
            for (String link : file.links()) {
                if (!link.matches("https?://.*") && !leadsSomewhere(file, link, byPath)) {
                    dead.add(file.name() + " -> " + link);
                }
            }
        }
        assertThat(dead).isEmpty();
    }

    private static boolean leadsSomewhere(MarkdownFile from, String link, Map<Path, MarkdownFile> byPath) {
        String[] parts = link.split("#", 2);
        Path target = parts[0].isEmpty()
                ? from.path()
                : from.path().resolveSibling(parts[0]).normalize();
        if (!target.startsWith(MarkdownFile.ROOT) || !(byPath.containsKey(target) || Files.exists(target))) {
            return false;
        }
        return parts.length == 1
                || (byPath.containsKey(target) && byPath.get(target).anchors().contains(parts[1]));
    }

    @Test
    void a_dead_link_and_a_dead_anchor_are_seen() {
        MarkdownFile page = new MarkdownFile(
                MarkdownFile.ROOT.resolve("page.md"),
                "# A page\n[a](README.md) [b](none.md) [c](#a-page) [d](#none) `[e](code.md)`\n```sh\n[f](block.md)\n```\n");
        Map<Path, MarkdownFile> pages = Map.of(page.path(), page);
        assertThat(page.links()).containsExactly("README.md", "none.md", "#a-page", "#none");
        assertThat(page.links().stream().filter(link -> !leadsSomewhere(page, link, pages)))
                .containsExactly("none.md", "#none");
    }

    @Test
    void every_page_is_linked() {
        Set<Path> linked = new TreeSet<>();
        for (MarkdownFile file : files) {
            file.links()
                    .forEach(link -> linked.add(
                            file.path().resolveSibling(link.split("#", 2)[0]).normalize()));
        }
        assertThat(files.stream().map(MarkdownFile::path).filter(path -> !linked.contains(path)))
                .isEmpty();
    }

    @Test
    void every_block_has_a_known_language() {
        assertThat(files.stream()
                        .flatMap(file -> file.blocks().stream())
                        .filter(block -> !LANGUAGES.contains(block.language())))
                .isEmpty();
    }

    @Test
    void every_block_of_java_is_code_that_a_test_runs_and_every_such_region_is_shown() {
        Map<String, String> regions = regions();
        Set<String> shown = new TreeSet<>();
        List<MarkdownFile.Block> unknown = new ArrayList<>();
        for (MarkdownFile file : files) {
            for (MarkdownFile.Block block : file.blocks("java")) {
                String code = withoutSpace(block.content());
                regions.forEach((name, region) -> {
                    if (region.equals(code)) {
                        shown.add(name);
                    }
                });
                if (!regions.containsValue(code)) {
                    unknown.add(block);
                }
            }
        }
        assertThat(unknown).isEmpty();
        assertThat(shown).containsExactlyInAnyOrderElementsOf(regions.keySet());
    }

    /** The code between {@code // README: NAME} and {@code // end} in the tests of all modules, by name. */
    private static Map<String, String> regions() {
        Map<String, String> regions = new HashMap<>();
        try (Stream<Path> paths = Files.walk(MarkdownFile.ROOT)) {
            paths.filter(path -> path.toString().contains("/src/test/java/")
                            && path.toString().endsWith(".java"))
                    .map(DocsTest::text)
                    .forEach(text -> REGION.matcher(text)
                            .results()
                            .forEach(region -> regions.put(region.group(1), withoutSpace(region.group(2)))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return regions;
    }

    private static String text(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s", "");
    }
}
