package dev.asyncjob.bootstrap;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The files for Prometheus and Grafana. */
final class MonitoringFiles {
    static final Path FOLDER = MarkdownFile.ROOT.resolve("monitoring");

    /** Not the series that rules record, whose names have colons. */
    private static final Pattern METRIC =
            Pattern.compile("(?<![:\\w/.#-])(asyncjob|hikaricp|http_server|jvm|process)_[a-z0-9_]+(?![:\\w])");

    private MonitoringFiles() {}

    static String text(String name) {
        try {
            return Files.readString(FOLDER.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> names() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The metrics that a text names. */
    static Set<String> metricsIn(String text) {
        return METRIC.matcher(text).results().map(MatchResult::group).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The names of all series of a scrape. */
    static Set<String> scraped(String scrape) {
        return scrape.lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[{ ]", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
