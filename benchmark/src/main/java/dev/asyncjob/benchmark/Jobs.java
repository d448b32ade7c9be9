package dev.asyncjob.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Inserts jobs into asyncjob's tables with one statement, as its store would write them. Ids are UUIDv7, like those
 * that the server generates.
 */
final class Jobs {
    /** The owner of the jobs. */
    static final String OWNER = "bench";

    /** The kind of the jobs. */
    static final String KIND = "bench.noop";

    private static final String ROWS = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                due_at, planned_at, promised_at, fingerprint%s)
            select %s, '%s', '%s', '%s', array['eHealth/composition'], cast(array[%s] as varchar array), at,
                begins, begins, begins + interval '1' second, begins + interval '1' second, repeat('0', 64)%s
            from (select current_timestamp as at, current_timestamp + interval '%d' day as begins from %s) as times
            """;

    /** Inserts the work of the newest jobs: one statement creates them all at the same instant. */
    private static final String WORK = """
            insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
            select id, kind, planned_from, 0, 5, 0, false, '{}' from asyncjob.job
            where created_at = (select max(created_at) from asyncjob.job)
            """;

    private Jobs() {}

    /** Returns the URL of a new, empty H2 database file with durable commits. */
    static String newH2File() throws IOException {
        return "jdbc:h2:file:" + Scratch.newFolder("h2").resolve("jobs") + ";WRITE_DELAY=0";
    }

    /** Inserts pending jobs that become due after {@code days} days. */
    static void pending(String url, int count, int days) throws SQLException {
        Sql.execute(url, rows(url, count, "PENDING", "null", days, "", ""), WORK, "analyze");
    }

    /** Inserts jobs that are done. */
    static void done(String url, int count) throws SQLException {
        String columns = ", ended_at, kept_until, settled_token, settled_outcome, attempts";
        String values = ", at + interval '1' second, at + interval '30' day, 1, repeat('1', 64), 1";
        String href = "'composition/0daaad78-6cfb-11ea-9cd6-afab698838bc'";
        Sql.execute(url, rows(url, count, "DONE", href, 0, columns, values), "analyze");
    }

    private static String rows(
            String url, int count, String status, String href, int days, String columns, String values) {
        boolean h2 = url.startsWith("jdbc:h2:");
        return ROWS.formatted(
                columns,
                h2 ? "random_uuid(7)" : "uuidv7()",
                OWNER,
                KIND,
                status,
                href,
                values,
                days,
                (h2 ? "system_range(1, %d)" : "generate_series(1, %d)").formatted(count));
    }

    /** Writes random ids into a file, for a server that ignores the id. */
    static Path anyIds(int count) throws IOException {
        return Files.writeString(
                Scratch.newFolder("ids").resolve("any"),
                Stream.generate(() -> UUID.randomUUID().toString()).limit(count).collect(Collectors.joining()));
    }

    /** Writes the ids of all jobs with a status into a file, without separators. */
    static Path ids(String url, String status) throws Exception {
        Path file = Scratch.newFolder("ids").resolve(status);
        String query = "select cast(id as varchar) from asyncjob.job where status = '" + status + "'";
        return Files.writeString(file, String.join("", Sql.texts(url, query)));
    }
}
