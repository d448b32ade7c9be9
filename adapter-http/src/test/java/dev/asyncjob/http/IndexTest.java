package dev.asyncjob.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.settings.HttpSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The first page (contract section 2), also where the status of many jobs is read at the same path. */
class IndexTest {
    @ParameterizedTest
    @CsvSource({"'', /patients/composition/job/{asyncJobId}", "'', /{asyncJobId}", "/api, /{asyncJobId}"})
    void the_first_page_needs_no_credentials_and_says_where_to_look(String base, String statusPath) {
        HttpSettings settings = HttpSettings.defaults().withPaths(base, statusPath);
        String page = "{\"data\":{\"service\":\"asyncjob\",\"links\":{\"docs\":\"" + base + "/docs\"}}}";
        try (ApiFixture api = new ApiFixture(settings)) {
            for (String path : List.of("/", base + "/")) {
                assertThat(api.bare("GET", path).status()).isEqualTo(200);
                assertThat(api.bare("GET", path).text()).isEqualTo(page);
                assertThat(api.bare("GET", path).header("Content-Type")).contains("application/json; charset=utf-8");
                assertThat(api.bare("HEAD", path).status()).isEqualTo(200);
                assertThat(api.bare("POST", path).status()).isEqualTo(405);
                assertThat(api.bare("POST", path).header("Allow").orElse("")).contains("GET");
            }
            String many = settings.basePath() + settings.statusesPath();
            byte[] ids = ("{\"ids\":[\"" + ApiFixture.ID + "\"]}").getBytes(StandardCharsets.UTF_8);
            assertThat(api.send("QUERY", many, ids, "Content-Type: application/json")
                            .text())
                    .contains("PENDING");
        }
    }
}
