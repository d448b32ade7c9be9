package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.testkit.JobStoreContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections to PostgreSQL on another machine are encrypted, and verify the server, unless settings say otherwise. */
final class EncryptionTest {
    private static final String NONE = "none";

    private static String mode(DatabaseSettings settings) {
        Connections connections = Connections.of(settings);
        assertThat(connections.adminUrl().parameters().get("sslmode"))
                .isEqualTo(connections.storeUrl().parameters().get("sslmode"));
        return connections.storeUrl().parameters().getOrDefault("sslmode", NONE);
    }

    private static DatabaseSettings at(String url) {
        return DatabaseSettings.defaults().withUrl(url);
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:postgresql://db.example/jobs, verify-full",
        "jdbc:postgresql://10.0.0.1:5433/jobs, verify-full",
        "jdbc:postgresql://127.0.0.1.example/jobs, verify-full",
        "jdbc:postgresql://[2001:db8::1]/jobs, verify-full",
        "'jdbc:postgresql://localhost,db.example:5433/jobs', verify-full",
        "jdbc:postgresql:jobs?PGHOST=db.example, verify-full",
        "jdbc:postgresql://db.example/jobs?ssl=false, verify-full",
        "jdbc:postgresql://db.example/jobs?sslmode=require, require",
        "jdbc:postgresql://db.example/jobs?sslmode=verify-ca, verify-ca",
        "jdbc:postgresql://db.example/jobs?ssl=true, none", // the driver verifies then
        "jdbc:postgresql:jobs, none",
        "jdbc:postgresql:///jobs, none",
        "jdbc:postgresql://localhost/jobs, none",
        "'jdbc:postgresql://127.0.0.1,127.0.0.2:5433/jobs', none",
        "jdbc:postgresql://[::1]:5432/jobs, none",
        "jdbc:postgresql://localhost/jobs?sslmode=disable, disable",
    })
    void the_server_is_verified_unless_it_is_this_machine_or_the_url_encrypts_otherwise(String url, String expected) {
        assertThat(mode(at(url))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"disable", "allow", "prefer", "PREFER"})
    void plaintext_to_another_machine_is_refused_unless_it_is_allowed(String mode) {
        DatabaseSettings settings = at("jdbc:postgresql://db.example/jobs?sslmode=" + mode + "&password=s3cret");

        assertThatIllegalStateException()
                .isThrownBy(() -> Connections.of(settings))
                .withMessageContaining("db.allow-plaintext")
                .withMessageNotContaining("s3cret");
        assertThat(mode(settings.withAllowPlaintext(true))).isEqualTo(mode);
        assertThat(mode(at("jdbc:postgresql://db.example/jobs").withAllowPlaintext(true)))
                .isEqualTo(NONE);
    }

    /** Opens databases, or prints why they cannot be opened; the last argument allows plaintext or not. */
    static final class Node {
        private Node() {}

        public static void main(String[] arguments) {
            for (int i = 1; i < arguments.length; i++) {
                DatabaseSettings settings = at(arguments[i]).withAllowPlaintext(Boolean.parseBoolean(arguments[0]));
                try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
                    System.out.println(database.dialect());
                } catch (IllegalStateException e) {
                    System.out.println(e.getMessage());
                }
            }
        }
    }

    @TempDir
    private Path folder;

    private List<String> run(boolean allowPlaintext, String... urls) throws IOException {
        Path hosts = Files.writeString(folder.resolve("hosts"), "127.0.0.1 db.example\n127.0.0.1 other.example\n");
        String[] arguments = new String[urls.length + 1];
        arguments[0] = Boolean.toString(allowPlaintext);
        System.arraycopy(urls, 0, arguments, 1, urls.length);
        try (JavaProcess node = JavaProcess.of(Node.class, arguments)
                .options("-Djdk.net.hosts.file=" + hosts)
                .start()) {
            return node.remainingLines();
        }
    }

    @Test
    void a_server_without_encryption_is_used_only_if_plaintext_is_allowed() throws IOException {
        String url = PostgresServer.shared().newDatabase().replace("127.0.0.1", "db.example");

        assertThat(run(false, url))
                .singleElement()
                .asString()
                .contains("The server does not support SSL")
                .endsWith("db.allow-plaintext=true if the network to the database is private");
        assertThat(run(true, url)).containsExactly("postgresql");
    }

    @Test
    @Tag("soak")
    void a_server_is_used_only_with_a_certificate_of_its_name() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            Path certificate = server.encrypt("db.example", folder);
            String url = server.newDatabase().replace("127.0.0.1", "db.example");
            String trusted = url + "&sslrootcert=" + certificate;

            List<String> lines = run(false, trusted, url, trusted.replace("db.example", "other.example"));

            assertThat(lines.get(0)).isEqualTo("postgresql");
            assertThat(lines.get(1)).contains("root.crt").contains("sslrootcert in db.url");
            assertThat(lines.get(2)).contains("other.example").contains("sslrootcert in db.url");
        }
    }
}
