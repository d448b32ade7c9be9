package dev.asyncjob.http;

import static dev.asyncjob.http.ApiFixture.ID;
import static dev.asyncjob.http.ApiFixture.PATH;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Compares openapi.yaml with the routes and their responses. */
class OpenApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String COLLECTION = "/patients/composition/job";
    private static JsonNode document;

    @AutoClose
    private static final ApiFixture api = new ApiFixture();

    @BeforeAll
    static void start() throws IOException {
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
            document = JSON.valueToTree(new Yaml(new SafeConstructor(new LoaderOptions())).<Object>load(in));
        }
        NewJob ended = NewJob.of(JobId.parse(ApiFixture.ENDED_ID), Jobs.OWNER, Jobs.KIND, Jobs.LINKS);
        Jobs.settle(api.store(), Jobs.scheduledAndClaimed(api.store(), ended), Jobs.DONE);
    }

    @Test
    void every_route_is_documented_and_every_documented_route_exists() {
        HttpSettings settings = HttpSettings.defaults();
        Set<String> routes = new TreeSet<>();
        routes.addAll(new JobApi(
                        (o, i) -> java.util.Optional.empty(),
                        ApiFixture.changesOf((o, i) -> java.util.Optional.empty()),
                        ApiFixture::authenticate,
                        settings)
                .routes()
                .names());
        routes.addAll(new SlowRequestApi(ApiFixture.slowRequests(), ApiFixture::authenticate, settings)
                .routes()
                .names());
        routes.addAll(new ServiceApi(() -> true, settings, List.of()).routes().names());
        routes.addAll(new WorkApi(
                        JobUseCases.over(
                                new InMemoryJobStore(
                                        WorkPolicy.defaults(),
                                        new SettableClock(ApiFixture.CREATED),
                                        new LocalJobSignals()),
                                WorkPolicy.defaults()),
                        (claim, wait) -> {
                            throw new AssertionError("not asked");
                        },
                        Jobs::newId,
                        Duration.ofSeconds(30),
                        ApiFixture::authenticate,
                        settings)
                .routes()
                .names());
        routes.removeIf(route -> route.startsWith("HEAD ") || route.contains(" /docs/"));

        Set<String> documented = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method -> documented.add(nameOf(method) + " " + path.getKey())));
        assertThat(documented).isEqualTo(routes);
    }

    /** OpenAPI 3.1 has no QUERY: it is an extension. */
    private static String nameOf(String operation) {
        return operation.replaceFirst("^x-query$", "query").toUpperCase(java.util.Locale.ROOT);
    }

    @Test
    void a_server_of_everything_serves_the_whole_document_and_another_one_no_more_than_it_does() throws IOException {
        String whole;
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
            whole = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(api.bare("GET", "/openapi.yaml").text()).isEqualTo(whole);

        HttpSettings settings = HttpSettings.defaults().withPaths("/api", "/tasks/{asyncJobId}");
        String less = OpenApiDocument.of(
                whole,
                settings,
                Set.of(
                        "GET /api/tasks/{asyncJobId}",
                        "QUERY /api/tasks",
                        "POST /api/tasks/statuses",
                        "GET /api/docs",
                        "POST /api/jobs"));
        Map<String, Map<String, Object>> read = new Yaml(new SafeConstructor(new LoaderOptions())).load(less);
        assertThat(java.util.Objects.requireNonNull(read.get("paths")))
                .containsOnlyKeys("/tasks/{asyncJobId}", "/tasks", "/tasks/statuses", "/docs", "/jobs");
        assertThat(read.get("paths").get("/jobs"))
                .asInstanceOf(InstanceOfAssertFactories.MAP)
                .containsOnlyKeys("post");
        assertThat(read).containsKey("components");
        assertThat(OpenApiDocument.of(whole, settings, Set.of("GET /api/docs"))).doesNotContain("x-query", "/tasks");
        HttpSettings root = HttpSettings.defaults().withPaths("", "/{asyncJobId}");
        Map<String, Map<String, Object>> atRoot = new Yaml(new SafeConstructor(new LoaderOptions()))
                .load(OpenApiDocument.of(whole, root, Set.of("QUERY /", "POST /statuses")));
        assertThat(java.util.Objects.requireNonNull(atRoot.get("paths"))).containsOnlyKeys("/", "/statuses");
    }

    /** Generators take the first content for the response, and make no type of an enum without one. */
    @Test
    void clients_can_be_generated() {
        assertThat(document.findParents("enum")).isNotEmpty().allMatch(schema -> schema.has("type"));
        assertThat(document.findValues("content"))
                .isNotEmpty()
                .allMatch(content -> !content.has("application/json")
                        || content.fieldNames().next().equals("application/json"));
    }

    @Test
    void each_document_has_its_content_type() {
        assertThat(api.bare("GET", "/docs").header("Content-Type")).contains("text/html;charset=utf-8");
        assertThat(api.bare("GET", "/docs/init.js").header("Content-Type")).contains("text/javascript; charset=utf-8");
        assertThat(api.bare("GET", "/openapi.yaml").header("Content-Type")).contains("application/yaml; charset=utf-8");
    }

    @Test
    void without_the_webjar_there_is_a_description_but_no_page() {
        HttpSettings settings = HttpSettings.defaults().listeningOn("127.0.0.1", 0);
        Api service = new ServiceApi(() -> true, settings, List.of(), "/no/such/webjar/");
        try (JobServer server = JobServer.start(settings, List.of(service), request -> {})) {
            RawHttp.Answer description = RawHttp.send(server.port(), ApiFixture.head("GET", "/openapi.yaml") + "\r\n");
            assertThat(description.status()).isEqualTo(200);
            assertThat(description.text()).contains("\n  /health/live:").doesNotContain("\n  /docs:");
            RawHttp.Answer page = RawHttp.send(server.port(), ApiFixture.head("GET", "/docs") + "\r\n");
            assertThat(page.status()).isEqualTo(404);
        }
    }

    @Test
    void every_example_fits_its_schema() throws IOException {
        List<JsonNode> contents = new ArrayList<>();
        collectContents(document, contents);
        int examples = 0;
        for (JsonNode content : contents) {
            for (JsonNode example : examplesOf(content)) {
                assertFits(content.get("schema"), example.toString());
                examples++;
            }
        }
        assertThat(examples).isGreaterThan(36);
    }

    @Test
    void the_contracts_example_answers_are_the_documents_examples() {
        JsonNode examples = document.at(
                "/paths/~1patients~1composition~1job~1{asyncJobId}/get/responses/200/content/application~1json/examples");
        assertThat(examples.at("/pending/value").toString())
                .isEqualTo(api.get(PATH + ID).text());
        assertThat(examples.at("/done/value").toString())
                .isEqualTo(api.get(PATH + ApiFixture.DONE_ID).text().replace(ApiFixture.DONE_ID, ID));
        assertThat(examples.at("/failed/value").toString())
                .isEqualTo(api.get(PATH + ApiFixture.FAILED_ID).text().replace(ApiFixture.FAILED_ID, ID));
    }

    @Test
    void the_example_of_many_jobs_is_what_is_answered() throws IOException {
        JsonNode query = document.at("/paths/~1patients~1composition~1job/x-query");
        JsonNode post = document.at("/paths/~1patients~1composition~1job~1statuses/post");
        assertThat(query.get("requestBody")).isEqualTo(post.get("requestBody"));
        assertThat(query.get("responses")).isEqualTo(post.get("responses"));
        byte[] body =
                JSON.writeValueAsBytes(document.at("/components/requestBodies/Ids/content/application~1json/example"));
        String answer = document.at("/components/responses/Statuses/content/application~1json/example")
                .toString();
        String json = "Content-Type: application/json";
        assertThat(api.send("QUERY", "/patients/composition/job", body, json).text())
                .isEqualTo(answer);
        assertThat(api.send("POST", "/patients/composition/job/statuses", body, json)
                        .text())
                .isEqualTo(answer);
    }

    @Test
    void the_examples_of_producers_and_operators_are_what_is_answered() throws IOException {
        try (ApiFixture own = new ApiFixture()) {
            JsonNode post = document.at("/paths/~1jobs/post");
            byte[] body = JSON.writeValueAsBytes(post.at("/requestBody/content/application~1json/examples/all/value"));
            String[] headers = {"Content-Type: application/json", "x-request-id: 5f6b7f0c-92d4-4b35-bd4e-6f1ad2d0b9c1"};
            RawHttp.Answer accepted = own.send("POST", "/jobs", body, headers);
            JsonNode answers = post.at("/responses/202/content/application~1json/examples");
            assertThat(accepted.text()).isEqualTo(answers.at("/accepted/value").toString());
            assertThat(accepted.header("Location"))
                    .contains(post.at("/responses/202/headers/Location/example").asText());
            RawHttp.Answer taken = own.send(
                    "POST",
                    "/jobs",
                    "{\"kind\":\"a\",\"links\":[{\"entity\":\"b\"}],\"id\":\"%s\"}"
                            .formatted(ID)
                            .getBytes(StandardCharsets.UTF_8),
                    headers);
            assertThat(taken.text()).isEqualTo(exampleOf(post, "409").toString());

            ClaimedJob claimed = own.store()
                    .claim(new Claim(Jobs.WORKER, Set.of(Jobs.KIND), 1, Duration.ofSeconds(30)))
                    .get(0);
            own.store()
                    .renew(
                            claimed.job().id(),
                            claimed.lease().token(),
                            new LeaseExtension(Duration.ofSeconds(30), null, 12.5));
            JsonNode leased =
                    document.at("/paths/~1jobs/get/responses/200/content/application~1json/examples/leased/value/data");
            assertThat(JSON.readTree(own.get("/jobs").text()).get("data")).hasToString(leased.toString());

            JsonNode erasing = document.at("/paths/~1jobs/delete");
            assertThat(own.request("DELETE", "/jobs?owner=clinic-a", headers)
                            .text()
                            .replace("?owner=clinic-a", ""))
                    .isEqualTo(exampleOf(erasing, "409").toString());
            assertThat(own.request("DELETE", "/jobs/" + ID).text())
                    .isEqualTo(exampleOf(document.at("/paths/~1jobs~1{id}/delete"), "200")
                            .toString());
            assertThat(own.request("DELETE", "/jobs?owner=clinic-a").text())
                    .isEqualTo(exampleOf(erasing, "200").toString());
            byte[] leasing =
                    JSON.writeValueAsBytes(post.at("/requestBody/content/application~1json/examples/leased/value"));
            assertThat(own.send("POST", "/jobs", leasing, headers).text())
                    .isEqualTo(answers.at("/leased/value").toString());
            own.endpoints().register("clinic-a");
            byte[] asking =
                    JSON.writeValueAsBytes(post.at("/requestBody/content/application~1json/examples/called/value"));
            assertThat(own.send("POST", "/jobs", asking, headers).status()).isEqualTo(202);
        }
    }

    @Test
    void the_examples_of_workers_are_what_is_answered() throws IOException {
        try (ApiFixture own = new ApiFixture()) {
            String[] headers = {"Content-Type: application/json", "x-request-id: 5f6b7f0c-92d4-4b35-bd4e-6f1ad2d0b9c1"};
            JsonNode schedule = document.at("/paths/~1jobs/post/requestBody/content/application~1json/examples/all");
            own.send("POST", "/jobs", JSON.writeValueAsBytes(schedule.get("value")), headers);

            JsonNode claims = document.at("/paths/~1jobs~1claims/post");
            byte[] least =
                    JSON.writeValueAsBytes(claims.at("/requestBody/content/application~1json/examples/least/value"));
            JsonNode answers = claims.at("/responses/200/content/application~1json/examples");
            assertThat(own.send("POST", "/jobs/claims", least, headers).text())
                    .isEqualTo(answers.path("work").path("value").toString());
            assertThat(own.send("POST", "/jobs/claims", least, headers).text())
                    .isEqualTo(answers.at("/none/value").toString());

            JsonNode renewal = document.at("/paths/~1jobs~1{id}~1lease/put");
            assertAnsweredAsInItsExample(own, "PUT", "/jobs/" + ID + "/lease", renewal, headers);
            JsonNode done = document.at("/paths/~1jobs~1{id}~1done/post");
            assertAnsweredAsInItsExample(own, "POST", "/jobs/" + ID + "/done", done, headers);
            JsonNode outcomes = document.at("/paths/~1jobs~1outcomes/post");
            assertAnsweredAsInItsExample(own, "POST", "/jobs/outcomes", outcomes, headers);
        }
        try (ApiFixture own = new ApiFixture()) {
            JobId id = JobId.parse(ID);
            Jobs.scheduledAndClaimed(own.store(), NewJob.of(id, Jobs.OWNER, Jobs.KIND, Jobs.LINKS));
            String[] headers = {"Content-Type: application/json", "x-request-id: 5f6b7f0c-92d4-4b35-bd4e-6f1ad2d0b9c1"};
            JsonNode failed = document.at("/paths/~1jobs~1{id}~1failed/post");
            assertAnsweredAsInItsExample(own, "POST", "/jobs/" + ID + "/failed", failed, headers);
        }
        try (ApiFixture own = new ApiFixture()) {
            JobId id = JobId.parse(ID);
            Jobs.scheduledAndClaimed(own.store(), NewJob.of(id, Jobs.OWNER, Jobs.KIND, Jobs.LINKS));
            own.store().cancel(null, id);
            String[] headers = {"Content-Type: application/json", "x-request-id: 5f6b7f0c-92d4-4b35-bd4e-6f1ad2d0b9c1"};
            assertThat(own.send(
                                    "PUT",
                                    "/jobs/" + ID + "/lease",
                                    "{\"token\":1}".getBytes(StandardCharsets.UTF_8),
                                    headers)
                            .text())
                    .isEqualTo(document.at("/components/responses/LeaseLost/content/application~1json/example")
                            .toString());
        }
    }

    private static void assertAnsweredAsInItsExample(
            ApiFixture server, String method, String target, JsonNode operation, String... headers) throws IOException {
        byte[] body = JSON.writeValueAsBytes(operation.at("/requestBody/content/application~1json/example"));
        assertThat(server.send(method, target, body, headers).text())
                .isEqualTo(exampleOf(operation, "200").toString());
    }

    private static JsonNode exampleOf(JsonNode operation, String status) {
        return operation.at("/responses/" + status + "/content/application~1json/example");
    }

    @Test
    void a_documented_scope_is_the_one_that_is_asked_for() {
        int[] asked = {0};
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    List<String> scopes = new ArrayList<>();
                    operation
                            .getValue()
                            .path("security")
                            .forEach(way -> way.path("token").forEach(scope -> scopes.add(scope.asText())));
                    if (!scopes.isEmpty()) {
                        String target = path.getKey().replaceAll("\\{[A-Za-z]+}", ApiFixture.MISSING_ID);
                        RawHttp.Answer answer = api.requestAs(
                                "clinic-w", operation.getKey().toUpperCase(java.util.Locale.ROOT), target);
                        assertThat(answer.status()).as(target).isEqualTo(403);
                        assertThat(answer.text()).contains("Missing allowances: " + String.join(" or ", scopes) + "\"");
                        asked[0]++;
                    }
                }));
        assertThat(asked[0]).isGreaterThanOrEqualTo(8);
    }

    private static String done(String href) {
        return "{\"token\":1,\"links\":[{\"entity\":\"a\",\"href\":\"" + href + "\"}]}";
    }

    static Stream<String[]> requests() {
        String job = "Content-Type: application/json|{\"id\":\"" + ID + "\",\"links\":[{\"entity\":\"a\"}],\"kind\":";
        String json = "Content-Type: application/json|";
        String leased = json
                + "{\"kind\":\"l\",\"links\":[{\"entity\":\"a\"}],\"reference\":\"r\",\"lease\":{\"worker\":\"w\",\"for\":";
        String ids = json + "{\"ids\":[\"";
        String claim = json + "{\"kinds\":[\"a\"],\"max\":";
        String failed = "{\"token\":1,\"error\":\"a\",\"retry\":true}";
        String sign = "/patients/composition/" + ID + "/sign";
        return Stream.of(
                new String[] {"GET", PATH + ID, "", "200"},
                new String[] {"GET", PATH + ApiFixture.DONE_ID, "", "200"},
                new String[] {"GET", PATH + ApiFixture.FAILED_ID, "", "200"},
                new String[] {"GET", PATH + ID + "?a=%zz", "", "400"},
                new String[] {"GET", PATH + ApiFixture.MISSING_ID, "", "404"},
                new String[] {"GET", PATH + "x", "", "404"},
                new String[] {"GET", PATH + ID, "Accept: text/html", "406"},
                new String[] {"GET", PATH + ApiFixture.BROKEN_ID, "", "500"},
                new String[] {"GET", PATH + ApiFixture.UNREACHABLE_ID, "", "503"},
                new String[] {"GET", PATH + ApiFixture.MISSING_ID, "Accept: application/problem+json", "404"},
                new String[] {"QUERY", COLLECTION, ids + ID + "\"]}", "200"},
                new String[] {"QUERY", COLLECTION, ids + "x\"]}", "422"},
                new String[] {"QUERY", COLLECTION, ids + ApiFixture.BROKEN_ID + "\"]}", "500"},
                new String[] {"QUERY", COLLECTION, ids, "400"},
                new String[] {"QUERY", COLLECTION, "Content-Type: text/plain|{}", "415"},
                new String[] {"POST", COLLECTION + "/statuses", ids + ApiFixture.FOREIGN_ID + "\"]}", "200"},
                new String[] {"POST", COLLECTION + "/statuses", ids + ApiFixture.UNREACHABLE_ID + "\"]}", "503"},
                new String[] {"POST", COLLECTION + "/statuses", json + "{}", "422"},
                new String[] {"POST", "/jobs", job + "\"a\"}", "202"},
                new String[] {"POST", "/jobs", job + "\"a\"}", "202"},
                new String[] {"POST", "/jobs", job + "\"b\"}", "409"},
                new String[] {"POST", "/jobs", job, "400"},
                new String[] {"POST", "/jobs", job + "5}", "422"},
                new String[] {"POST", "/jobs", "Content-Type: text/plain|{}", "415"},
                new String[] {"GET", "/jobs", "", "200"},
                new String[] {"GET", "/jobs?limit=1&status=PENDING", "", "200"},
                new String[] {"GET", "/jobs?page=1", "", "400"},
                new String[] {"GET", "/jobs?page=1", "Accept: application/problem+json", "400"},
                new String[] {"GET", "/jobs?limit=0", "", "422"},
                new String[] {"GET", "/jobs", "Accept: text/html", "406"},
                new String[] {"POST", "/jobs", leased + "\"PT1M\"}}", "202"},
                new String[] {"POST", "/jobs", leased + "\"PT2H\"}}", "422"},
                new String[] {"GET", "/jobs?reference=r&owner=clinic-a", "", "200"},
                new String[] {"DELETE", "/jobs?owner=nobody", "", "200"},
                new String[] {"DELETE", "/jobs?owner=nobody&a=1", "", "400"},
                new String[] {"DELETE", "/jobs", "", "422"},
                new String[] {"DELETE", "/jobs/" + ID, "", "200"},
                new String[] {"DELETE", "/jobs/" + ApiFixture.MISSING_ID, "", "404"},
                new String[] {"DELETE", "/jobs/x", "Accept: application/problem+json", "404"},
                new String[] {"DELETE", "/jobs/" + ApiFixture.ENDED_ID, "", "409"},
                new String[] {"DELETE", "/jobs/" + ApiFixture.ENDED_ID, "Accept: application/problem+json", "409"},
                new String[] {"POST", "/jobs/claims", claim + "1,\"worker\":\"w\"}", "200"},
                new String[] {"POST", "/jobs/claims", claim, "400"},
                new String[] {"POST", "/jobs/claims", claim + "0}", "422"},
                new String[] {"POST", "/jobs/claims", "Content-Type: text/plain|{}", "415"},
                new String[] {
                    "POST", "/jobs/claims", claim.replace("[\"a\"]", "[\"broken\"]") + "1,\"worker\":\"w\"}", "500"
                },
                new String[] {
                    "POST", "/jobs/claims", claim.replace("[\"a\"]", "[\"unreachable\"]") + "1,\"worker\":\"w\"}", "503"
                },
                new String[] {"PUT", "/jobs/" + ApiFixture.MISSING_ID + "/lease", json + "{\"token\":1}", "404"},
                new String[] {"PUT", "/jobs/" + ApiFixture.ENDED_ID + "/lease", json + "{\"token\":1}", "409"},
                new String[] {"PUT", "/jobs/" + ApiFixture.ENDED_ID + "/lease", json + "{}", "422"},
                new String[] {"PUT", "/jobs/" + ApiFixture.UNREACHABLE_ID + "/lease", json + "{\"token\":1}", "503"},
                new String[] {"POST", "/jobs/x/done", json + "{}", "404"},
                new String[] {"POST", "/jobs/" + ApiFixture.ENDED_ID + "/done", json + done("b"), "409"},
                new String[] {"POST", "/jobs/" + ApiFixture.ENDED_ID + "/done", json + done("//b"), "422"},
                new String[] {"POST", "/jobs/" + ApiFixture.BROKEN_ID + "/done", json + done("b"), "500"},
                new String[] {"POST", "/jobs/" + ApiFixture.ENDED_ID + "/failed", json + failed, "409"},
                new String[] {"POST", "/jobs/" + ApiFixture.MISSING_ID + "/failed", json + failed, "404"},
                new String[] {"POST", "/jobs/" + ApiFixture.MISSING_ID + "/failed", json + "{", "400"},
                new String[] {
                    "POST",
                    "/jobs/outcomes",
                    json + "[{},{\"a\":1,\"a\":1},{\"id\":\"" + ApiFixture.ENDED_ID
                            + "\",\"token\":1,\"failed\":{\"error\":\"a\",\"retry\":true}}]",
                    "200"
                },
                new String[] {"POST", "/jobs/outcomes", json + "{}", "422"},
                new String[] {"POST", "/jobs/cancellations", json + "{\"kind\":\"none\"}", "200"},
                new String[] {"POST", "/jobs/cancellations", json + "{\"all\":true,\"dryRun\":true}", "200"},
                new String[] {"POST", "/jobs/cancellations", json + "{}", "422"},
                new String[] {"POST", "/jobs/cancellations", json + "{", "400"},
                new String[] {"POST", "/jobs/retries", json + "{\"kind\":\"none\"}", "200"},
                new String[] {"POST", "/jobs/retries", json + "{\"all\":true,\"dryRun\":true}", "200"},
                new String[] {"POST", "/jobs/retries", json + "{\"overdue\":true}", "422"},
                new String[] {"POST", "/jobs/retries", "Content-Type: text/plain|{}", "415"},
                new String[] {"GET", "/health/live", "", "200"},
                new String[] {"GET", "/health/ready", "", "200"},
                new String[] {"POST", "/patients/composition", "Content-Type: application/json|{}", "200"},
                new String[] {"POST", "/patients/composition", "Content-Type: application/json|{", "400"},
                new String[] {"POST", "/patients/composition", "Content-Type: text/plain|{}", "415"},
                new String[] {"POST", "/patients/composition", "Content-Type: application/json|[]", "422"},
                new String[] {"PATCH", sign, "Content-Type: application/json|{\"data\":\"c2lnbmVk\"}", "200"},
                new String[] {"PATCH", sign, "Content-Type: application/json|{\"data\":5}", "422"},
                new String[] {"PATCH", "/patients/composition/x/cancel", "", "404"},
                new String[] {"PATCH", "/patients/composition/" + ID + "/cancel", "", "200"},
                new String[] {"PATCH", "/patients/composition/" + ID + "/erln", "", "200"});
    }

    @ParameterizedTest(name = "{0} {1} {2} -> {3}")
    @MethodSource("requests")
    void answers_are_as_documented(String method, String target, String rest, String status) throws IOException {
        String[] parts = rest.split("\\|", 2);
        RawHttp.Answer answer = parts.length == 2
                ? api.send(method, target, parts[1].getBytes(StandardCharsets.UTF_8), parts[0])
                : rest.isEmpty() ? api.request(method, target) : api.request(method, target, rest);
        assertThat(answer.status()).hasToString(status);
        String mediaType = answer.header("Content-Type").orElseThrow().replaceFirst(";.*", "");
        JsonNode response = resolved(operation(method, target).get("responses").get(status));
        assertFits(response.get("content").get(mediaType).get("schema"), answer.text());
    }

    private static JsonNode operation(String method, String target) {
        String path = target.replaceFirst("\\?.*", "");
        for (Map.Entry<String, JsonNode> entry : document.get("paths").properties()) {
            if (path.matches(entry.getKey().replaceAll("\\{[A-Za-z]+}", "[^/]+"))) {
                for (Map.Entry<String, JsonNode> operation : entry.getValue().properties()) {
                    if (nameOf(operation.getKey()).equals(method)) {
                        return operation.getValue();
                    }
                }
            }
        }
        throw new AssertionError("not documented: " + method + " " + path);
    }

    private static JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? document.at(node.get("$ref").asText().substring(1)) : node;
    }

    private static void collectContents(JsonNode node, List<JsonNode> found) {
        if (node.has("schema") && (node.has("example") || node.has("examples"))) {
            found.add(node);
        }
        node.forEach(child -> collectContents(child, found));
    }

    private static List<JsonNode> examplesOf(JsonNode content) {
        List<JsonNode> examples = new ArrayList<>();
        if (content.has("example")) {
            examples.add(content.get("example"));
        }
        content.path("examples").forEach(example -> examples.add(example.get("value")));
        return examples;
    }

    private static void assertFits(JsonNode schema, String instance) throws IOException {
        Map<String, Object> root = new HashMap<>();
        root.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        root.put("components", document.get("components"));
        root.put("allOf", List.of(schema));
        Schema compiled = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(JSON.writeValueAsString(root), InputFormat.JSON);
        assertThat(compiled.validate(instance, InputFormat.JSON)).as(instance).isEmpty();
    }
}
