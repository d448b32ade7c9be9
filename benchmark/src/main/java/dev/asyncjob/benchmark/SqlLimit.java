package dev.asyncjob.benchmark;

import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * The upper limit of PostgreSQL: plain SQL claims and settles asyncjob's rows in batches of 200 with the results that
 * its store would write, and commits each claim and each settlement. It tries 1, 2 and 4 connections and keeps the
 * fastest.
 */
final class SqlLimit {
    private static final String CLAIM = """
            with due as materialized (
                select job_id from asyncjob.work where kind = '%s' and available_at <= statement_timestamp() and attempts_left > 0
                order by available_at limit 200 for update skip locked)
            update asyncjob.work w set available_at = statement_timestamp() + interval '30 seconds', token = token + 1,
                attempts_made = attempts_made + 1, attempts_left = attempts_left - 1, leased = true, worker = 'limit'
            from due where w.job_id = due.job_id returning w.job_id
            """.formatted(Jobs.KIND);

    private static final String SETTLE = """
            with ended as (delete from asyncjob.work where job_id = any(?) returning job_id, token)
            update asyncjob.job j set status = 'DONE', link_hrefs = array['composition/7'], ended_at = statement_timestamp(),
                kept_until = statement_timestamp() + interval '30 days', attempts = 1, settled_token = e.token,
                settled_outcome = repeat('1', 64)
            from ended e where j.id = e.job_id
            """;

    private static final int[] CONNECTIONS = {1, 2, 4};

    private final String url;
    private double best;
    private int bestConnections;
    private int tried;

    private SqlLimit(String url) {
        this.url = url;
    }

    public static void main(String[] urls) throws Exception {
        JobDatabase.migrate(DatabaseSettings.defaults().withUrl(urls[0]));
        ProcessProtocol.give(new SqlLimit(urls[0])::measure);
    }

    private Sample measure(Duration time) throws Exception {
        int connections = tried < CONNECTIONS.length ? CONNECTIONS[tried++] : bestConnections;
        int jobs = (int) Math.max(10_000, best * time.toSeconds());
        Jobs.pending(url, jobs, 0);
        ExecutorService threads = Executors.newFixedThreadPool(connections);
        long start = System.nanoTime();
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < connections; i++) {
            all.add(threads.submit(() -> {
                drain();
                return null;
            }));
        }
        for (Future<?> one : all) {
            one.get();
        }
        double rate = jobs / ((System.nanoTime() - start) / 1e9);
        threads.shutdown();
        if (rate > best) {
            best = rate;
            bestConnections = connections;
        }
        return new Sample(rate, 0, "jobs=" + jobs + " connections=" + connections);
    }

    private void drain() throws SQLException {
        try (Connection connection = Sql.open(url);
                PreparedStatement claim = connection.prepareStatement(CLAIM);
                PreparedStatement settle = connection.prepareStatement(SETTLE)) {
            connection.createStatement().execute("set enable_seqscan = off"); // as the store does
            for (List<Object> ids = claim(claim); !ids.isEmpty(); ids = claim(claim)) {
                Array array = connection.createArrayOf("uuid", ids.toArray());
                settle.setArray(1, array);
                settle.executeUpdate();
            }
        }
    }

    private static List<Object> claim(PreparedStatement claim) throws SQLException {
        List<Object> ids = new ArrayList<>();
        try (ResultSet rows = claim.executeQuery()) {
            while (rows.next()) {
                ids.add(rows.getObject(1));
            }
        }
        return ids;
    }
}
