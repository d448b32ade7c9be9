package dev.asyncjob.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.http.settings.HttpSettings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What an application's planner receives, and what becomes of the rules that it finds broken. */
class SlowRequestTest {
    private record Planned(Owner owner, Map<String, UUID> ids, Map<String, @Nullable Object> body) {}

    private final Queue<Planned> planned = new ConcurrentLinkedQueue<>();

    @AutoClose
    private final JobServer server = JobServer.start(
            HttpSettings.defaults().listeningOn("127.0.0.1", 0).withPaths("/api", "/status/" + HttpSettings.ID),
            List.of(new SlowRequestApi(
                    List.of(
                            SlowRequest.of(SlowRequest.Method.PUT, "/a/{one}/b/{two}", Scope.JOB_SCHEDULE, this::plan)
                                    .withMaxBody(100)
                                    .withOptionalBody(),
                            SlowRequest.of(SlowRequest.Method.DELETE, "/a", Scope.JOB_SCHEDULE, (owner, ids, body) -> {
                                throw new InvalidPropertyException("$.b", "range", "b must be small");
                            })),
                    ApiFixture::authenticate,
                    HttpSettings.defaults().withPaths("/api", "/status/" + HttpSettings.ID))),
            request -> {});

    private JobSnapshot plan(Owner owner, Map<String, UUID> ids, Map<String, @Nullable Object> body) {
        planned.add(new Planned(owner, ids, body));
        return new JobSnapshot(ApiFixture.pending(ApiFixture.ID, owner), ApiFixture.CREATED);
    }

    private RawHttp.Answer send(String method, String path, String body) {
        String head = ApiFixture.message(method, path, "producer", "Content-Type: application/json")
                .replaceFirst("\r\n\r\n$", "\r\nContent-Length: " + body.length() + "\r\n\r\n");
        return RawHttp.send(server.port(), (head + body).getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void a_planner_receives_the_owner_the_ids_and_the_body_in_the_types_of_the_jdk() {
        String path = "/api/a/" + ApiFixture.ID + "/b/" + ApiFixture.MISSING_ID;
        String body = "{\"a\":[1,2.5,true,null],\"b\":{\"c\":\"d\"},\"e\":null}";
        assertThat(send("PUT", path, body).status()).isEqualTo(200);
        assertThat(send("PUT", path, "").status()).isEqualTo(200);
        assertThat(planned).hasSize(2).allSatisfy(plan -> {
            assertThat(plan.owner()).isEqualTo(new Owner("producer"));
            assertThat(plan.ids())
                    .isEqualTo(Map.of(
                            "one", UUID.fromString(ApiFixture.ID), "two", UUID.fromString(ApiFixture.MISSING_ID)));
        });
        Map<String, @Nullable Object> sent = planned.remove().body();
        assertThat(sent)
                .hasToString("{a=[1, 2.5, true, null], b={c=d}, e=null}")
                .containsKey("e");
        assertThat(sent.values()).allMatch(value -> value == null || value instanceof List || value instanceof Map);
        assertThat(planned.remove().body()).isEmpty();
    }

    @Test
    void a_request_may_have_a_smaller_limit_for_its_body() {
        String path = "/api/a/" + ApiFixture.ID + "/b/" + ApiFixture.MISSING_ID;
        assertThat(send("PUT", path, "{\"a\":\"" + "x".repeat(100) + "\"}").status())
                .isEqualTo(413);
        assertThat(planned).isEmpty();
    }

    @Test
    void an_invalid_property_is_422_and_named() {
        RawHttp.Answer answer = send("DELETE", "/api/a", "{}");
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text())
                .endsWith("\"invalid\":[{\"entry_type\":\"json_data_property\",\"entry\":\"$.b\",\"rules\":["
                        + "{\"rule\":\"range\",\"description\":\"b must be small\",\"params\":[]}]}]}}");
    }
}
