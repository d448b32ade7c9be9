package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class DatabaseSettingsTest {
    @Test
    void the_defaults_are_an_h2_file_and_ten_connections() {
        DatabaseSettings defaults = DatabaseSettings.defaults();
        assertThat(defaults.url()).isEqualTo("jdbc:h2:file:./data/asyncjob");
        assertThat(defaults.poolSize()).isEqualTo(10);
        assertThat(defaults.migrate()).isTrue();
        assertThat(defaults.user()).isNull();
    }

    @Test
    void other_databases_and_sizes_are_refused_without_repeating_the_url() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DatabaseSettings.of("jdbc:mysql://db/x?password=hunter2"))
                .withMessageNotContaining("hunter2");
        for (int size : new int[] {0, -1, DatabaseSettings.MAX_POOL_SIZE + 1}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> DatabaseSettings.defaults().withPoolSize(size));
        }
    }

    @Test
    void its_text_shows_no_secret() {
        String text = DatabaseSettings.of("jdbc:postgresql://db/jobs?password=hunter2")
                .withCredentials("me", "hunter3")
                .toString();
        assertThat(text).doesNotContain("hunter");
    }
}
