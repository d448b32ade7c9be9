package dev.asyncjob.persistence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.flywaydb.core.api.ResourceProvider;
import org.flywaydb.core.api.resource.LoadableResource;
import org.jspecify.annotations.Nullable;

/**
 * The migrations of one database system, with the names of one store.
 *
 * @param system the name of the database system, and of the folder
 */
record Migrations(String system, TableNames tables) implements ResourceProvider {
    /** Returns the folder on the class path. */
    String folder() {
        return "dev/asyncjob/persistence/" + system;
    }

    /** Returns the names of the files, the lowest version first. */
    private List<String> files() {
        return lines("migrations.txt");
    }

    /** Returns the columns, as {@code table.column}, after the last migration. */
    List<String> columns() {
        return lines("columns.txt").stream()
                .map(column -> tables.prefix() + column)
                .toList();
    }

    /** Returns the last version. */
    String last() {
        List<String> all = files();
        return version(all.get(all.size() - 1));
    }

    private static String version(String file) {
        return file.substring(1, file.indexOf("__"));
    }

    /** Returns all migrations after a version as one script, which makes the schema if it is missing. */
    String script(int after) {
        return files().stream()
                .filter(file -> Integer.parseInt(version(file)) > after)
                .map(file -> "-- " + file + "\n" + migration(file))
                .collect(Collectors.joining("\n", "create schema if not exists " + tables.schema() + ";\n\n", ""));
    }

    @Override
    public @Nullable LoadableResource getResource(String name) {
        return null; // only configuration is asked for by name
    }

    @Override
    public Collection<LoadableResource> getResources(String prefix, String[] suffixes) {
        return files().stream()
                .filter(file ->
                        file.startsWith(prefix) && Arrays.stream(suffixes).anyMatch(file::endsWith))
                .<LoadableResource>map(file -> new Migration(folder() + "/" + file, file, migration(file)))
                .toList();
    }

    private String migration(String file) {
        return tables.inMigration(text(file));
    }

    private List<String> lines(String file) {
        return text(file).lines().toList();
    }

    private String text(String file) {
        try (InputStream in = Migrations.class.getResourceAsStream(system + "/" + file)) {
            return new String(Objects.requireNonNull(in, file).readAllBytes(), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One migration as Flyway reads it. */
    private static final class Migration extends LoadableResource {
        private final String path;
        private final String name;
        private final String text;

        Migration(String path, String name, String text) {
            this.path = path;
            this.name = name;
            this.text = text;
        }

        @Override
        public Reader read() {
            return new StringReader(text);
        }

        @Override
        public String getAbsolutePath() {
            return path;
        }

        @Override
        public String getAbsolutePathOnDisk() {
            return path;
        }

        @Override
        public String getFilename() {
            return name;
        }

        @Override
        public String getRelativePath() {
            return path;
        }
    }
}
