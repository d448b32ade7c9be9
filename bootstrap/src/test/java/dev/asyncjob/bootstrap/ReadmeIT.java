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
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs what the README and the pages under docs show: commands against the built server, shell lines, tables, and the
 * code that has no other test. {@link DocsTest} compares the blocks of Java with their regions.
 */
class ReadmeIT {
    private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

    @TempDir
    private Path folder;

    @Test
    void every_command_of_the_tours_is_answered_as_shown() {
        Map<String, Integer> steps = new LinkedHashMap<>();
        for (MarkdownFile file : MarkdownFile.all()) {
            List<MarkdownFile.Block> blocks = file.blocks("console");
            if (!blocks.isEmpty()) {
                steps.put(file.name(), walk(blocks));
            }
        }
        assertThat(steps).containsExactlyInAnyOrderEntriesOf(Map.of("README.md", 7, "docs/tour.md", 15));
    }

    /** Runs all commands of one page against one sandbox, and returns their number. */
    private int walk(List<MarkdownFile.Block> blocks) {
        int steps = 0;
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", Map.of("ASYNCJOB_SANDBOX_DURATION", "2s"))) {
            Map<String, String> variables = new HashMap<>(
                    Map.of("API", server.url(), "TOKEN", ServerProcess.TOKEN, "API_KEY", ServerProcess.API_KEY));
            for (MarkdownFile.Block block : blocks) {
                for (String step : block.content().split("(?m)^\\$ ", -1)) {
                    if (!step.isBlank()) {
                        walk(step, variables);
                        steps++;
                    }
                }
            }
        }
        return steps;
    }

    private static void walk(String step, Map<String, String> variables) {
        String command = step.lines().findFirst().orElseThrow();
        String shown = step.substring(command.length()).strip();
        String answer = Eventually.answer(
                Duration.ofSeconds(20),
                () -> curl(command, variables),
                given -> given.contains("\"PENDING\"") == shown.contains("\"PENDING\""));
        assertThat(constant(answer.strip())).as(command).isEqualTo(constant(shown));
        remember("JOB", "\"id\":\"([^\"]+)\"", answer, variables);
        remember("TAG", "ETag: (\\S+)", answer, variables);
    }

    private static void remember(String name, String pattern, String answer, Map<String, String> variables) {
        Matcher matcher = Pattern.compile(pattern).matcher(answer);
        if (matcher.find()) {
            variables.put(name, matcher.group(1));
        }
    }

    /** Replaces what differs from run to run. */
    private static String constant(String answer) {
        return answer.replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID")
                .replaceAll("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z", "INSTANT")
                .replaceAll("(ETag|id): \"[A-Za-z0-9_-]{20}\"", "$1: TAG")
                .replaceAll("http://127\\.0\\.0\\.1:\\d+", "http://127.0.0.1:PORT")
                .replaceAll("Retry-After: \\d", "Retry-After: N")
                .replaceAll("max-age=25919\\d\\d", "max-age=N");
    }

    /** As much of curl as the tours need. */
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
                case "-s", "-si", "-sN" -> options.put(words.get(i), "");
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

    /**
     * The status line and headers that the tours show; the JDK's client has them in lower case and in its own order.
     */
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
    void the_embedding_example_works() {
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
        JobId id = JobId.timeOrdered(Instant.now(), UUID.randomUUID());
        NewJob job = NewJob.of(id, new Owner("clinic-a"), kind, about);
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
    }

    @Test
    void the_example_of_a_transaction_stores_both_rows() throws Exception {
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
                database.awaitWritten(connection); // the file of H2 has them
            }
            // end
            assertThat(database.store().find(job.owner(), job.id())).isPresent();
        }
    }

    private static void insertInvoice(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create table invoice (id integer)");
            statement.execute("insert into invoice values (7)");
        }
    }

    @Test
    @Tag("soak")
    void every_shell_line_runs_or_names_what_exists() {
        ShellLines shell = new ShellLines(folder);
        for (MarkdownFile file : MarkdownFile.all()) {
            file.blocks("sh").forEach(shell::run);
        }
        assertThat(shell.commandsRun()).contains("sandbox", "serve", "client");
    }

    @Test
    void the_table_of_settings_is_complete_and_has_the_defaults() {
        Map<String, String> shown = new LinkedHashMap<>();
        Pattern.compile("(?m)^\\| `([a-z.-]+)` \\| (?:`([^`]*)` )?\\|")
                .matcher(MarkdownFile.named("docs/settings.md").text())
                .results()
                .forEach(row -> shown.put(row.group(1), row.group(2) == null ? "" : row.group(2)));
        assertThat(shown).containsExactlyEntriesOf(Settings.keys());
    }

    @Test
    void every_command_is_documented() {
        String page = MarkdownFile.named("docs/operating.md").text();
        for (String command : List.of(
                "serve",
                "sandbox",
                "migrate",
                "status ID",
                "watch ID",
                "explain ID",
                "client add",
                "client list",
                "client revoke",
                "client roll")) {
            assertThat(page).contains("`" + command);
        }
    }
}
