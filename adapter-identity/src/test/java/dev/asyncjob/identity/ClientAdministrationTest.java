package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.ClientAdministration.IssuedSecrets;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClientAdministrationTest {
    private static final Owner A = new Owner("a");

    @TempDir
    private Path folder;

    private ClientAdministration clients() {
        return new ClientAdministration(path(), new SettableClock(Jwts.NOW.plusMillis(500)));
    }

    private Path path() {
        return folder.resolve("clients.json");
    }

    @Test
    void a_client_is_listed_with_the_second_of_its_newest_secret() throws IOException {
        clients().add(A, Set.of(Scope.JOB_WORK, Scope.COMPOSITION_READ), true, null);
        assertThat(clients().list()).singleElement().satisfies(client -> {
            assertThat(client.name()).isEqualTo(A);
            assertThat(client.scopes()).containsExactly(Scope.COMPOSITION_READ, Scope.JOB_WORK);
            assertThat(client.newestSecret()).isEqualTo(Jwts.NOW);
        });
    }

    @Test
    void a_refused_change_leaves_the_file_as_it_is() throws IOException {
        clients().add(A, Set.of(), true, null);
        String before = Files.readString(path());
        assertThat(clients().add(A, Set.of(Scope.JOB_ADMIN), true, null)).isEmpty();
        assertThat(clients().roll(new Owner("b"), null, null)).isEmpty();
        assertThat(clients().revoke(new Owner("b"))).isFalse();
        assertThat(path()).hasContent(before);
    }

    @Test
    void new_secrets_are_not_in_their_text() throws IOException {
        IssuedSecrets secrets = clients().add(A, Set.of(), true, null).orElseThrow();
        assertThat(secrets.toString()).doesNotContain(secrets.apiKey()).doesNotContain(String.valueOf(secrets.token()));
    }

    @Test
    void a_missing_file_cannot_be_listed() {
        assertThatThrownBy(() -> clients().list())
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(path() + ": no such file or folder");
    }
}
