package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseSettingsTest {
    private static final String KEY = "0123456789abcdef0123456789abcdef";
    private static final DatabaseSettings DEFAULTS = DatabaseSettings.defaults();

    @Test
    void the_defaults_are_what_the_documentation_says() {
        assertThat(DEFAULTS)
                .isEqualTo(new DatabaseSettings(
                        "jdbc:h2:file:./data/asyncjob",
                        DatabaseCredentials.NONE,
                        10,
                        true,
                        false,
                        Pooler.NONE,
                        "",
                        TableNames.DEFAULT));
    }

    @Test
    void each_setting_can_be_changed_by_itself() {
        DatabaseSettings changed = DEFAULTS.withUrl("jdbc:postgresql:jobs")
                .withUser("me")
                .withPassword("p")
                .withPoolSize(3)
                .withMigrate(false)
                .withAllowPlaintext(true)
                .withPooler(Pooler.TRANSACTION)
                .withFingerprintKey(KEY)
                .withTables(new TableNames("jobs", "a_"));

        assertThat(changed)
                .isEqualTo(new DatabaseSettings(
                        "jdbc:postgresql:jobs",
                        new DatabaseCredentials("me", "p"),
                        3,
                        false,
                        true,
                        Pooler.TRANSACTION,
                        KEY,
                        new TableNames("jobs", "a_")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "jdbc:mysql://db/s3cret", "postgres://me:s3cret@db/jobs", "JDBC:H2:mem:s3cret", "jdbc:h2:"})
    void only_urls_of_the_two_databases_are_accepted(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DEFAULTS.withUrl(url))
                .withMessageStartingWith("db.url must ")
                .withMessageNotContaining("s3cret");
    }

    @Test
    void credentials_before_the_host_are_refused_since_the_driver_would_take_them_for_a_host() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DEFAULTS.withUrl("jdbc:postgresql://me:s3cret@db/jobs"))
                .withMessageContaining("db.password")
                .withMessageNotContaining("s3cret");
    }

    @Test
    void credentials_are_set_in_one_place() {
        DatabaseSettings inUrl = DEFAULTS.withUrl("jdbc:postgresql://db/jobs?user=me&password=s3cret");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> inUrl.withUser("me"))
                .withMessageStartingWith("db.user is set twice");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> inUrl.withPassword("s3cret"))
                .withMessageStartingWith("db.password is set twice")
                .withMessageNotContaining("s3cret");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 201})
    void the_pool_has_bounds(int size) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DEFAULTS.withPoolSize(size))
                .withMessage("db.pool-size must be 1 to 200");
    }

    @Test
    void the_key_of_fingerprints_has_a_least_length() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DEFAULTS.withFingerprintKey(KEY.substring(1)))
                .withMessage("db.fingerprint-key must have 32 characters or more")
                .withMessageNotContaining(KEY.substring(1));
        assertThat(DEFAULTS.withFingerprintKey("").fingerprintKey()).isEmpty();
    }

    @Test
    void the_text_of_settings_holds_no_secret() {
        assertThat(Stream.of(
                        DEFAULTS.withPassword("s3cret"),
                        DEFAULTS.withFingerprintKey("s3cret".repeat(6)),
                        DEFAULTS.withUrl("jdbc:h2:mem:x;USER=me;PASSWORD=s3cret"),
                        DEFAULTS.withUrl("jdbc:postgresql://db/jobs?user=me&password=s3cret&sslpassword=s3cret")))
                .map(DatabaseSettings::toString)
                .allSatisfy(text -> assertThat(text).startsWith("DatabaseSettings[url=jdbc:"))
                .noneMatch(text -> text.contains("s3cret"));
    }
}
