package dev.asyncjob.http.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.asyncjob.domain.InvalidValueException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpSettingsTest {
    private static final HttpSettings DEFAULTS = HttpSettings.defaults();
    private static final boolean HAS_VIRTUAL_THREADS = Runtime.version().feature() >= 21;

    @Test
    void the_defaults_are_the_contracts() {
        assertThat(DEFAULTS)
                .isEqualTo(new HttpSettings(
                        "127.0.0.1",
                        8080,
                        "",
                        "/patients/composition/job/{asyncJobId}",
                        64 * 1024,
                        Duration.ofSeconds(55),
                        HAS_VIRTUAL_THREADS,
                        true,
                        new HttpLimits(
                                8 * 1024,
                                10_000,
                                8_000,
                                Duration.ofSeconds(75),
                                HttpLimits.defaults().memory(),
                                2_000,
                                100,
                                2_000,
                                1_000,
                                1_000,
                                List.of()),
                        Set.of(),
                        16 * 1024));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "api", "/api/", "/a//b", "/a/../b", "/..", "/{asyncJobId}"})
    void odd_base_paths_are_refused(String path) {
        assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(() -> DEFAULTS.withPaths(path, DEFAULTS.statusPath()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "/jobs", "jobs/{asyncJobId}", "/jobs/{id}", "/x{asyncJobId}", "/{asyncJobId}/{asyncJobId}"})
    void odd_status_paths_are_refused(String path) {
        assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> DEFAULTS.withPaths("", path));
    }

    @Test
    void numbers_and_hosts_have_bounds() {
        assertThat(DEFAULTS.withMaxBody(HttpSettings.MIN_BODY).maxBody()).isEqualTo(1_024);
        assertThat(DEFAULTS.withMaxBody(HttpSettings.MAX_BODY).maxBody()).isEqualTo(16 * 1024 * 1024);
        for (int bytes : new int[] {HttpSettings.MIN_BODY - 1, HttpSettings.MAX_BODY + 1, 0, -1}) {
            assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> DEFAULTS.withMaxBody(bytes));
        }
        for (int port : new int[] {-1, 65_536}) {
            assertThatExceptionOfType(InvalidValueException.class)
                    .isThrownBy(() -> DEFAULTS.listeningOn("localhost", port));
        }
        assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> DEFAULTS.listeningOn("a b", 0));
    }

    @Test
    void an_answer_is_held_for_ten_minutes_at_most() {
        assertThat(DEFAULTS.withMaxWait(Duration.ZERO).maxWait()).isZero();
        assertThat(DEFAULTS.withMaxWait(HttpSettings.LONGEST_WAIT).maxWait()).isEqualTo(Duration.ofMinutes(10));
        for (Duration wait : List.of(Duration.ofMillis(-1), HttpSettings.LONGEST_WAIT.plusNanos(1))) {
            assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> DEFAULTS.withMaxWait(wait));
        }
    }

    @Test
    void virtual_threads_are_the_default_of_jvms_that_have_them_and_refused_elsewhere() {
        assertThat(DEFAULTS.virtualThreads()).isEqualTo(HAS_VIRTUAL_THREADS);
        assertThat(DEFAULTS.withVirtualThreads(false).virtualThreads()).isFalse();
        if (HAS_VIRTUAL_THREADS) {
            assertThat(DEFAULTS.withVirtualThreads(true)).isEqualTo(DEFAULTS);
        } else {
            assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> DEFAULTS.withVirtualThreads(true));
        }
    }

    @Test
    void what_is_changed_leaves_the_rest_as_it_is() {
        HttpSettings all = new HttpSettings(
                "::1",
                1,
                "/a",
                "/b/{asyncJobId}",
                2_048,
                Duration.ofSeconds(7),
                HAS_VIRTUAL_THREADS,
                false,
                HttpLimits.defaults(),
                Set.of(StatusExtra.ERROR),
                7);
        assertThat(DEFAULTS.withExtras(Set.of(StatusExtra.ERROR))
                        .withMaxResult(7)
                        .withMaxWait(Duration.ofSeconds(7))
                        .withMaxBody(2_048)
                        .withDocs(false)
                        .withPaths("/a", "/b/{asyncJobId}")
                        .listeningOn("::1", 1))
                .isEqualTo(all);
    }

    @Test
    void a_result_has_1_byte_to_1_mebibyte() {
        assertThat(DEFAULTS.withMaxResult(1).maxResult()).isEqualTo(1);
        assertThat(DEFAULTS.withMaxResult(1 << 20).maxResult()).isEqualTo(1 << 20);
        for (int bytes : new int[] {0, (1 << 20) + 1}) {
            assertThatExceptionOfType(InvalidValueException.class).isThrownBy(() -> DEFAULTS.withMaxResult(bytes));
        }
    }

    @Test
    void extras_have_names() {
        assertThat(Stream.of(StatusExtra.values()).map(StatusExtra::text))
                .containsExactly("progress", "result", "error", "reference");
        assertThat(StatusExtra.named("result")).contains(StatusExtra.RESULT);
        assertThat(StatusExtra.named("RESULT")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "/patients/composition/job/{asyncJobId},/patients/composition/job",
        "/tasks/{asyncJobId}/status,/tasks/status",
        "/{asyncJobId},/"
    })
    void the_path_of_many_jobs_is_the_status_path_without_the_id(String statusPath, String statusesPath) {
        assertThat(HttpSettings.defaults().withPaths("/api", statusPath).statusesPath())
                .isEqualTo(statusesPath);
    }
}
