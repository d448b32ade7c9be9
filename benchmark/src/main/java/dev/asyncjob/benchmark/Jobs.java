package dev.asyncjob.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Rows of asyncjob's tables, as its store would have left them, put in by one statement; ids are UUIDv7, as those that
 * the server makes.
 */
final class Jobs {
    /** Who owns them. */
    static final String OWNER = "bench";

    /** What kind they are. */
    static final String KIND = "bench.noop";

    private static final String ROWS = """
            insert into asyncjob.job (id, owner, kind, status, link_entities, link_hrefs, created_at, planned_from,
                due_at, planned_at, promised_at, fingerprint%s)
            select %s, '%s', '%s', '%s', array['eHealth/composition'], cast(array[%s] as varchar array), at,
                begins, begins, begins + interval '1' second, begins + interval '1' second, repeat('0', 64)%s
            from (select current_timestamp as at, current_timestamp + interval '%d' day as begins from %s) as times
            """;

    /** For the jobs that were just put in: they were all created at the same instant. */
    private static final String WORK = """
            insert into asyncjob.work (job_id, kind, available_at, attempts_made, attempts_left, token, leased, payload)
            select id, kind, planned_from, 0, 5, 0, false, '{}' from asyncjob.job
            where created_at = (select max(created_at) from asyncjob.job)
            """;

    private Jobs() {}

    /** The URL of a new, empty database of H2, in a file that keeps what it acknowledges, whoever opens it. */
    static String newH2File() throws IOException {
        return "jdbc:h2:file:" + Scratch.newFolder("h2").resolve("jobs") + ";WRITE_DELAY=0";
    }

    /** Jobs that may be claimed after so many days. */
    static void pending(String url, int count, int days) throws SQLException {
        Sql.execute(url, rows(url, count, "PENDING", "null", days, "", ""), WORK, "analyze");
    }

    /** Jobs that are done. */
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

    /** Writes ids of no jobs into a file, for who does not look at them. */
    static Path anyIds(int count) throws IOException {
        return Files.writeString(
                Scratch.newFolder("ids").resolve("any"),
                Stream.generate(() -> UUID.randomUUID().toString()).limit(count).collect(Collectors.joining()));
    }

    /** Writes the ids of all jobs of a status into a file, one after the other. */
    static Path ids(String url, String status) throws Exception {
        Path file = Scratch.newFolder("ids").resolve(status);
        String query = "select cast(id as varchar) from asyncjob.job where status = '" + status + "'";
        return Files.writeString(file, String.join("", Sql.texts(url, query)));
    }
}
