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
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** Holds openapi.yaml, the routes and what they answer to each other. */
class OpenApiTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static JsonNode document;
    private static ApiFixture api;

    @BeforeAll
    static void start() throws IOException {
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
            document = JSON.valueToTree(new Yaml(new SafeConstructor(new LoaderOptions())).<Object>load(in));
        }
        api = new ApiFixture();
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    @Test
    void every_route_is_documented_and_every_documented_route_exists() {
        HttpSettings settings = HttpSettings.defaults();
        Set<String> routes = new TreeSet<>();
        routes.addAll(new JobApi(
                        ApiFixture.useCases((o, i) -> java.util.Optional.empty()), ApiFixture::authenticate, settings)
                .routes()
                .names());
        routes.addAll(new CompositionApi(
                        (o, a, i) -> {
                            throw new AssertionError("not asked");
                        },
                        ApiFixture::authenticate,
                        settings)
                .routes()
                .names());
        routes.addAll(new ServiceApi(() -> true, settings, List.of()).routes().names());
        routes.removeIf(route -> route.startsWith("HEAD ") || route.contains(" /docs/"));

        Set<String> documented = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .fieldNames()
                        .forEachRemaining(method ->
                                documented.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey())));
        assertThat(documented).isEqualTo(routes);
    }

    @Test
    void a_server_of_everything_serves_the_whole_document_and_another_one_no_more_than_it_does() throws IOException {
        String whole;
        try (InputStream in = OpenApiTest.class.getResourceAsStream("/openapi.yaml")) {
            whole = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(api.bare("GET", "/openapi.yaml").text()).isEqualTo(whole);

        HttpSettings settings = HttpSettings.defaults().withPaths("/api", "/tasks/{asyncJobId}");
        String less = OpenApiDocument.of(whole, settings, Set.of("/api/tasks/{asyncJobId}", "/api/docs"));
        Map<String, Map<String, Object>> read = new Yaml(new SafeConstructor(new LoaderOptions())).load(less);
        assertThat(java.util.Objects.requireNonNull(read.get("paths")))
                .containsOnlyKeys("/tasks/{asyncJobId}", "/docs");
        assertThat(read).containsKey("components");
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
        assertThat(examples).isGreaterThan(12);
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

    static Stream<String[]> requests() {
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
            if (path.matches(entry.getKey().replaceAll("\\{[A-Za-z]+}", "[^/]+"))
                    && entry.getValue().has(method.toLowerCase(java.util.Locale.ROOT))) {
                return entry.getValue().get(method.toLowerCase(java.util.Locale.ROOT));
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
