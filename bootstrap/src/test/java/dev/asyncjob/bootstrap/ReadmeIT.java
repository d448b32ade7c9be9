package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.application.worker.JobWorker;
import dev.asyncjob.application.worker.WorkerSettings;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Holds the README to the truth: its tour is walked, its code is run, its tables are compared. */
class ReadmeIT {
    private static final Path README = Path.of("..", "README.md");
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

    @TempDir
    private Path folder;

    private static List<String> blocks(String language) throws IOException {
        return Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(README))
                .results()
                .map(block -> block.group(1))
                .toList();
    }

    @Test
    void the_tour_answers_as_told() throws IOException {
        Map<String, String> variables = new HashMap<>();
        int steps = 0;
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", Map.of("ASYNCJOB_SANDBOX_DURATION", "2s"))) {
            variables.putAll(
                    Map.of("API", server.url(), "TOKEN", ServerProcess.TOKEN, "API_KEY", ServerProcess.API_KEY));
            for (String block : blocks("console")) {
                for (String step : block.split("(?m)^\\$ ", -1)) {
                    if (!step.isBlank()) {
                        walk(step, variables);
                        steps++;
                    }
                }
            }
        }
        assertThat(steps).isEqualTo(13);
    }

    private static void walk(String step, Map<String, String> variables) {
        String command = step.lines().findFirst().orElseThrow();
        String told = step.substring(command.length()).strip();
        String answer = Eventually.answer(
                Duration.ofSeconds(20),
                () -> curl(command, variables),
                given -> given.contains("\"PENDING\"") == told.contains("\"PENDING\""));
        assertThat(constant(answer.strip())).as(command).isEqualTo(constant(told));
        remember("JOB", "\"id\":\"([^\"]+)\"", answer, variables);
        remember("TAG", "ETag: (\\S+)", answer, variables);
    }

    private static void remember(String name, String pattern, String answer, Map<String, String> variables) {
        Matcher matcher = Pattern.compile(pattern).matcher(answer);
        if (matcher.find()) {
            variables.put(name, matcher.group(1));
        }
    }

    /** What differs from run to run, made equal. */
    private static String constant(String answer) {
        return answer.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z", "INSTANT")
                .replaceAll("ETag: \"[A-Za-z0-9_-]{20}\"", "ETag: TAG")
                .replaceAll("http://127\\.0\\.0\\.1:\\d+", "http://127.0.0.1:PORT")
                .replaceAll("Retry-After: \\d", "Retry-After: N")
                .replaceAll("max-age=25919\\d\\d", "max-age=N");
    }

    /** As much of curl as the tour needs. */
    private static String curl(String command, Map<String, String> variables) {
        List<String> words = words(command, variables);
        assertThat(words.get(0)).isEqualTo("curl");
        HttpRequest.Builder request = HttpRequest.newBuilder();
        Map<String, String> options = new LinkedHashMap<>();
        for (int i = 1; i < words.size(); i++) {
            switch (words.get(i)) {
                case "-H" ->
                    request.header(
                            words.get(++i).split(": ", 2)[0], words.get(i).split(": ", 2)[1]);
                case "-X", "-d" -> options.put(words.get(i), words.get(++i));
                case "-s", "-si" -> options.put(words.get(i), "");
                default -> request.uri(URI.create(words.get(i)));
            }
        }
        String body = options.get("-d");
        request.method(
                options.getOrDefault("-X", "GET"),
                body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body));
        HttpResponse<String> answer = ServerProcess.send(request);
        return options.containsKey("-si") ? head(answer) + "\n" + answer.body() : answer.body();
    }

    private static List<String> words(String command, Map<String, String> variables) {
        List<String> words = new ArrayList<>();
        Matcher word = WORD.matcher(command);
        while (word.find()) {
            String found = Stream.of(1, 2, 3)
                    .map(word::group)
                    .filter(java.util.Objects::nonNull)
                    .findFirst()
                    .orElseThrow();
            for (String name : List.of("API_KEY", "API", "TOKEN", "JOB", "TAG")) {
                found = found.replace("$" + name, variables.getOrDefault(name, "$" + name));
            }
            words.add(found);
        }
        return words;
    }

    /** The status line and the headers the tour shows; the JDK's client has them in lower case and in its own order. */
    private static String head(HttpResponse<String> answer) {
        Map<Integer, String> reasons = Map.of(200, "OK", 202, "Accepted", 304, "Not Modified");
        String headers = Stream.of(
                        "Content-Type",
                        "x-request-id",
                        "X-Content-Type-Options",
                        "Vary",
                        "Preference-Applied",
                        "Location",
                        "ETag",
                        "Cache-Control",
                        "Retry-After",
                        "Content-Length")
                .flatMap(name -> answer.headers().firstValue(name).map(value -> name + ": " + value + "\n").stream())
                .collect(Collectors.joining());
        return "HTTP/1.1 " + answer.statusCode() + " " + reasons.get(answer.statusCode()) + "\n" + headers;
    }

    @Test
    void the_embedding_example_is_this_code_and_it_works() throws IOException {
        // README: embedding
        JobDatabase database =
                JobDatabase.open(DatabaseSettings.defaults().withUrl("jdbc:h2:mem:shop"), WorkPolicy.defaults());
        JobUseCases jobs = JobUseCases.over(database.store(), WorkPolicy.defaults());

        JobKind kind = new JobKind("invoice.print");
        JobHandler print = job -> Outcome.completed(ResourceLinks.of(new ResourceLink("shop/invoice", "invoice/7")));
        JobWorker worker =
                new JobWorker(jobs, database.signals(), Map.of(kind, print), WorkerSettings.named("printer"));
        worker.start();

        ResourceLinks about = ResourceLinks.of(ResourceLink.to("shop/invoice"));
        NewJob job = NewJob.of(new JobId(UUID.randomUUID()), new Owner("clinic-a"), kind, about);
        jobs.schedule(job); // kept, from now on
        Optional<JobSnapshot> status = jobs.status(job.owner(), job.id()); // PENDING, and soon DONE
        // end
        assertThat(status).isPresent();
        Eventually.answer(
                Duration.ofSeconds(10),
                () -> jobs.status(job.owner(), job.id()).orElseThrow().job().status(),
                JobStatus.DONE::equals);
        worker.close();
        database.close();

        Path source = Path.of("src/test/java/dev/asyncjob/bootstrap/ReadmeIT.java");
        assertThat(withoutSpace(blocks("java").get(0))).isEqualTo(withoutSpace(region(source, "embedding")));
    }

    @Test
    void the_mounting_example_is_what_a_test_mounts() throws IOException {
        Path source = Path.of("../adapter-http/src/test/java/dev/asyncjob/http/MountingTest.java");
        assertThat(withoutSpace(blocks("java").get(1))).isEqualTo(withoutSpace(region(source, "mounting")));
    }

    @Test
    void the_example_of_a_transaction_is_this_code_and_both_are_kept() throws Exception {
        WorkPolicy policy = WorkPolicy.defaults();
        try (JobDatabase database = JobDatabase.open(DatabaseSettings.defaults().withUrl("jdbc:h2:mem:till"), policy)) {
            NewJob job = NewJob.of(
                    new JobId(UUID.randomUUID()),
                    new Owner("clinic-a"),
                    new JobKind("invoice.print"),
                    ResourceLinks.of(ResourceLink.to("shop/invoice")));
            // README: transaction
            try (Connection connection = DriverManager.getConnection(database.url(), "sa", "")) {
                connection.setAutoCommit(false);
                insertInvoice(connection);
                JobUseCases.over(database.within(connection), policy).schedule(job);
                connection.commit(); // both are kept, or neither
            }
            // end
            assertThat(database.store().find(job.owner(), job.id())).isPresent();
        }
        Path source = Path.of("src/test/java/dev/asyncjob/bootstrap/ReadmeIT.java");
        assertThat(withoutSpace(blocks("java").get(2))).isEqualTo(withoutSpace(region(source, "transaction")));
    }

    private static void insertInvoice(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table invoice (id integer)");
            statement.execute("insert into invoice values (7)");
        }
    }

    @Test
    void the_example_of_the_test_kit_is_a_test() throws IOException {
        Path source = Path.of("../application/src/test/java/dev/asyncjob/application/spi/TestJobsTest.java");
        assertThat(withoutSpace(blocks("java").get(3))).isEqualTo(withoutSpace(region(source, "test kit")));
    }

    @Test
    void the_example_of_the_client_is_a_test() throws IOException {
        Path source = Path.of("../client/src/test/java/dev/asyncjob/client/JobClientTest.java");
        assertThat(withoutSpace(blocks("java").get(4))).isEqualTo(withoutSpace(region(source, "client")));
    }

    private static String region(Path source, String name) throws IOException {
        String text = Files.readString(source);
        String begin = "// README: " + name + "\n";
        int from = text.indexOf(begin) + begin.length();
        return text.substring(from, text.indexOf("// end", from));
    }

    private static String withoutSpace(String code) {
        return code.replaceAll("\\s", "");
    }

    @Test
    void the_table_of_settings_is_complete_and_has_the_defaults() throws IOException {
        Map<String, String> told = new LinkedHashMap<>();
        Pattern.compile("(?m)^\\| `([a-z.-]+)` \\| (?:`([^`]*)` )?\\|")
                .matcher(Files.readString(README))
                .results()
                .filter(row -> row.group(1).contains("."))
                .forEach(row -> told.put(row.group(1), row.group(2) == null ? "" : row.group(2)));
        assertThat(told).containsExactlyEntriesOf(Settings.keys());
    }

    @Test
    void every_command_is_told() throws IOException {
        String readme = Files.readString(README);
        for (String command : List.of(
                "serve",
                "sandbox",
                "migrate",
                "status ID",
                "watch ID",
                "client add",
                "client list",
                "client revoke",
                "client roll")) {
            assertThat(readme).contains("`" + command);
        }
    }
}
