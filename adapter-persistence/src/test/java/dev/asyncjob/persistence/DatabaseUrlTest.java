package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DatabaseUrlTest {
    @Test
    void credentials_reach_the_driver_as_properties_and_not_in_the_url() {
        DatabaseUrl url = DatabaseUrl.parse("jdbc:postgresql://a,b:5433/jobs?user=me&password=a%26b&sslmode=require");

        assertThat(url.forDriver()).isEqualTo("jdbc:postgresql://a,b:5433/jobs");
        assertThat(url.properties()).isEqualTo(Map.of("user", "me", "password", "a&b", "sslmode", "require"));
    }

    @Test
    void h2_takes_its_parameters_in_the_url_only_but_no_credentials() {
        DatabaseUrl url =
                DatabaseUrl.parse("jdbc:h2:mem:jobs;user=me;INIT=create schema a\\;create schema b;PASSWORD=p");

        assertThat(url.forDriver()).isEqualTo("jdbc:h2:mem:jobs;INIT=create schema a\\;create schema b");
        assertThat(url.properties()).isEqualTo(Map.of("user", "me", "password", "p"));
    }

    @ParameterizedTest
    @CsvSource({
        "jdbc:h2:file:./data/jobs, jdbc:h2:asyncjob:async:./data/jobs",
        "jdbc:h2:./data/jobs, jdbc:h2:asyncjob:async:./data/jobs",
        "jdbc:h2:~/jobs, jdbc:h2:asyncjob:async:~/jobs",
        "jdbc:h2:C:/jobs, jdbc:h2:asyncjob:async:C:/jobs",
        "jdbc:h2:split:nio:./jobs, jdbc:h2:asyncjob:split:nio:./jobs",
        "jdbc:h2:mem:jobs, jdbc:h2:mem:jobs",
    })
    void an_h2_file_is_opened_so_that_no_interrupt_closes_it(String given, String forDriver) {
        assertThat(DatabaseUrl.parse(given).forDriver()).isEqualTo(forDriver);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:h2:tcp://db/jobs",
                "jdbc:h2:ssl://db/jobs",
                "jdbc:h2:file:./jobs;AUTO_SERVER=TRUE",
                "jdbc:h2:./jobs;auto_server=1"
            })
    void an_h2_file_that_another_process_has_open_is_refused(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DatabaseSettings.defaults().withUrl(url))
                .withMessageContaining("another process")
                .withMessageNotContaining("jobs");
    }

    @Test
    void an_h2_file_that_others_may_not_open_is_not_refused() {
        assertThat(DatabaseUrl.parse("jdbc:h2:./jobs;AUTO_SERVER=false").isH2File())
                .isTrue();
    }

    @Test
    void parameters_of_the_user_are_kept() {
        DatabaseUrl url = DatabaseUrl.parse("jdbc:h2:file:/jobs;write_delay=10");

        assertThat(new H2Dialect(url).storeUrl().parameters())
                .containsEntry("WRITE_DELAY", "10")
                .containsEntry("DB_CLOSE_ON_EXIT", "FALSE");
    }

    @Test
    void the_driver_limits_calls_where_the_user_says_so() {
        assertThat(limitsCalls("jdbc:postgresql:jobs")).isTrue();
        assertThat(limitsCalls("jdbc:postgresql:jobs?socketTimeout=30")).isFalse();
    }

    private static boolean limitsCalls(String url) {
        return new PostgresDialect(DatabaseUrl.parse(url), Pooler.NONE).limitsCalls();
    }

    @Test
    void a_memory_database_without_a_name_gets_one_of_its_own() {
        DatabaseUrl url = DatabaseUrl.parse("jdbc:h2:mem:");

        assertThat(url.named().location())
                .startsWith("jdbc:h2:mem:asyncjob-")
                .isNotEqualTo(url.named().location());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"jdbc:h2:mem:jobs;INIT=s3cret", "jdbc:postgresql://db/jobs?sslpassword=s3cret&password=s3cret"})
    void its_text_names_parameters_without_their_values(String url) {
        assertThat(DatabaseUrl.parse(url).toString()).matches(".*jobs with (INIT|sslpassword)");
    }
}
