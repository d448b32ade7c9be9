package dev.asyncjob.bootstrap.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.bootstrap.Warnings;
import dev.asyncjob.bootstrap.config.InvalidSettings;
import dev.asyncjob.bootstrap.config.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerCertificateTest {
    @TempDir
    private static Path shared;

    private static TestCertificate one;
    private static TestCertificate other;

    @TempDir
    private Path folder;

    private Settings.TlsFiles files;

    @BeforeAll
    static void make() {
        one = TestCertificate.newIn(shared);
        other = TestCertificate.newIn(shared);
    }

    @BeforeEach
    void write() throws IOException {
        files = new Settings.TlsFiles(folder.resolve("tls.crt"), folder.resolve("tls.key"));
        Files.writeString(files.certificate(), one.certificate());
        Files.writeString(files.key(), one.key());
    }

    @Test
    void a_key_and_its_certificate_are_read() throws Exception {
        try (ServerCertificate certificate = new ServerCertificate(files)) {
            assertThat(certificate.identity().getCertificate("server")).isEqualTo(one.x509());
            assertThat(certificate.identity().getKey("server", new char[0])).isNotNull();
        }
    }

    @Test
    void a_file_that_is_missing_is_named_by_its_setting() throws IOException {
        Files.delete(files.key());
        assertRefused("http.tls.key: the file cannot be read");
        Files.delete(files.certificate());
        assertRefused("http.tls.certificate: the file cannot be read");
    }

    @Test
    void a_key_of_another_certificate_is_refused() throws IOException {
        Files.writeString(files.key(), other.key());
        assertRefused("http.tls.key: the key does not belong to");
    }

    @Test
    void certificates_that_did_not_issue_each_other_are_refused() throws IOException {
        Files.writeString(files.certificate(), one.certificate() + other.certificate());
        assertRefused("http.tls.certificate: the file must have certificates in PEM");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n"})
    void a_certificate_that_is_none_is_refused(String text) throws IOException {
        Files.writeString(files.certificate(), text);
        assertRefused("http.tls.certificate: the file must have certificates in PEM");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
            })
    void a_key_of_another_format_is_refused_with_the_way_to_convert_it(String text) throws IOException {
        Files.writeString(files.key(), text);
        assertRefused("http.tls.key: the file must have a PKCS#8 key in PEM without a password");
    }

    private void assertRefused(String start) {
        assertThatThrownBy(() -> new ServerCertificate(files))
                .isInstanceOf(InvalidSettings.class)
                .hasMessageStartingWith(start)
                .hasMessageNotContaining(folder.toString());
    }

    @Test
    void files_that_every_user_can_change_are_warned_of() throws IOException {
        try (Warnings warnings = new Warnings(ServerCertificate.class)) {
            new ServerCertificate(files).close();
            Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-------"));
            assertThat(warnings.lines()).noneMatch(line -> line.contains("change the file"));
            Files.setPosixFilePermissions(files.key(), PosixFilePermissions.fromString("rw-rw-rw-"));
            Files.setPosixFilePermissions(files.certificate(), PosixFilePermissions.fromString("rw-rw-rw-"));
            new ServerCertificate(files).close();
            assertThat(warnings.lines())
                    .contains(
                            "http.tls.key: every user of this machine can change the file",
                            "http.tls.certificate: every user of this machine can change the file");
        }
    }

    @Test
    void a_new_pair_is_passed_on_when_it_is_whole() throws Exception {
        BlockingQueue<KeyStore> changes = new LinkedBlockingQueue<>();
        try (ServerCertificate certificate = new ServerCertificate(files)) {
            certificate.follow(changes::add);
            Files.writeString(files.key(), other.key());
            assertThat(changes.poll(1500, TimeUnit.MILLISECONDS)).isNull();
            Files.writeString(files.certificate(), other.certificate());
            KeyStore changed = Objects.requireNonNull(changes.poll(20, TimeUnit.SECONDS));
            assertThat(changed.getCertificate("server")).isEqualTo(other.x509());
        }
    }

    /** The first of them with an error, such as one for want of memory. */
    @Test
    void a_new_pair_of_the_same_size_and_time_is_passed_on_until_it_is_taken() throws Exception {
        write(one);
        BlockingQueue<KeyStore> changes = new LinkedBlockingQueue<>();
        try (ServerCertificate certificate = new ServerCertificate(files)) {
            write(other);
            AtomicBoolean failed = new AtomicBoolean();
            certificate.follow(identity -> {
                if (!failed.getAndSet(true)) {
                    throw new StackOverflowError("on purpose");
                }
                changes.add(identity);
            });
            KeyStore changed = Objects.requireNonNull(changes.poll(20, TimeUnit.SECONDS));
            assertThat(changed.getCertificate("server")).isEqualTo(other.x509());
        }
    }

    /** Writes files whose size and time are always the same. */
    private void write(TestCertificate pair) throws IOException {
        for (Map.Entry<Path, String> file : Map.of(files.certificate(), pair.certificate(), files.key(), pair.key())
                .entrySet()) {
            Files.writeString(
                    file.getKey(),
                    file.getValue() + "\n".repeat(4096 - file.getValue().length()));
            Files.setLastModifiedTime(file.getKey(), FileTime.from(Instant.EPOCH));
        }
    }
}
