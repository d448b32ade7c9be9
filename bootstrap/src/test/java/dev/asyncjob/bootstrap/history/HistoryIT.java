package dev.asyncjob.bootstrap.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.identity.IdentityProvider;
import dev.asyncjob.identity.Jwts;
import dev.asyncjob.persistence.PostgresServer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What clients are told while faults come and go keeps every {@link Promise}, on real processes of the jar.
 *
 * <p>{@code -Dhistory.faults=200 -Dhistory.operations=200000} lengthens the runs with all kinds; {@code -Dhistory.seed}
 * repeats the choices of a run, not its races, and {@code -Dhistory.kinds} names the kinds. Histories are written to
 * {@code target/history}, from where {@link HistoryVerdictTest} judges them again.
 */
@EnabledOnOs(OS.LINUX) // signals, and limits of a process
class HistoryIT {
    private static final long SEED = Long.getLong("history.seed", System.nanoTime() % 1_000_000);
    private static final int OPERATIONS = Integer.getInteger("history.operations", 0);
    private static final long MONTH = Duration.ofDays(30).toMillis();
    private static final Duration RETENTION = Duration.ofSeconds(4);

    /** Longer than the answers of a provider are remembered. */
    private static final int PROVIDER_AWAY_SECONDS = 35;

    @TempDir
    private Path folder;

    @Test
    void five_faults_on_postgresql_break_no_promise() {
        try (Cluster cluster = Cluster.postgres(folder, 2, Map.of())) {
            HistoryRun run = new HistoryRun(cluster, folder, "five", SEED, MONTH);

            assertValid(
                    run.with(List.of("node killed", "commits cut", "database killed", "lines reset", "node frozen")));
        }
    }

    @Test
    @Tag("soak")
    void faults_of_all_kinds_on_postgresql_break_no_promise() {
        try (Cluster cluster = Cluster.postgresOnSmallDisk(folder, 3, Map.of())) {
            cluster.embed();
            HistoryRun run = new HistoryRun(cluster, folder, "postgresql", SEED, MONTH);

            assertValid(run.until(faults(kinds(run).size()), OPERATIONS, kinds(run)));
        }
    }

    @Test
    @Tag("soak")
    void faults_of_all_kinds_on_h2_break_no_promise() {
        try (Cluster cluster = Cluster.h2(folder, Map.of())) {
            HistoryRun run = new HistoryRun(cluster, folder, "h2", SEED, MONTH);

            assertValid(run.until(faults(kinds(run).size()), OPERATIONS, kinds(run)));
        }
    }

    @Test
    @Tag("soak")
    void jobs_are_found_for_their_retention_and_no_longer_whatever_fails_on_postgresql() {
        Map<String, String> settings = Map.of("ASYNCJOB_WORK_RETENTION", RETENTION.toSeconds() + "s");
        try (Cluster cluster = Cluster.postgres(folder, 2, settings)) {
            HistoryRun run = new HistoryRun(cluster, folder, "retention-postgresql", SEED, RETENTION.toMillis());

            assertValid(run.with(List.of(
                    "node killed",
                    "commits cut",
                    "database killed",
                    "rows locked",
                    "wrong clock",
                    "database slow",
                    "node frozen",
                    "statements cancelled")));
        }
    }

    @Test
    @Tag("soak")
    void jobs_are_found_for_their_retention_and_no_longer_whatever_fails_on_h2() {
        Map<String, String> settings = Map.of("ASYNCJOB_WORK_RETENTION", RETENTION.toSeconds() + "s");
        try (Cluster cluster = Cluster.h2(folder, settings)) {
            HistoryRun run = new HistoryRun(cluster, folder, "retention-h2", SEED, RETENTION.toMillis());

            assertValid(run.with(List.of("node killed", "disk full", "node frozen", "node stutters", "node killed")));
        }
    }

    @Test
    @Tag("soak")
    void no_valid_token_is_refused_while_the_provider_is_away() throws Exception {
        try (IdentityProvider provider = new IdentityProvider()) {
            Map<String, String> claims = new HashMap<>(Jwts.claimsWith("scope", "\"" + Cluster.SCOPES + "\""));
            claims.put("exp", Long.toString(Instant.now().getEpochSecond() + 3600));
            claims.put("active", "true");
            IdentityProvider.Answer away = IdentityProvider.html(503);
            IdentityProvider.Answer valid = IdentityProvider.json(200, Jwts.json(claims));
            provider.verdict = away;
            try (Cluster cluster = Cluster.h2(folder, introspectedBy(provider))) {
                cluster.useToken("opaque");
                HistoryRun run = new HistoryRun(cluster, folder, "provider", SEED, MONTH);

                assertValid(run.with(
                        Fault.of("provider away at first", 1, () -> {}, () -> provider.verdict = valid),
                        Fault.of(
                                "provider away",
                                PROVIDER_AWAY_SECONDS,
                                () -> provider.verdict = away,
                                () -> provider.verdict = valid)));
            }
        }
    }

    private static Map<String, String> introspectedBy(IdentityProvider provider) {
        return Map.of(
                "ASYNCJOB_AUTH_ISSUER",
                IdentityProvider.ISSUER,
                "ASYNCJOB_AUTH_AUDIENCE",
                IdentityProvider.AUDIENCE,
                "ASYNCJOB_AUTH_INTROSPECTION_URL",
                provider.url("/ask").toString(),
                "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_ID",
                "asyncjob",
                "ASYNCJOB_AUTH_INTROSPECTION_CLIENT_SECRET",
                "s3cret");
    }

    @Test
    @Tag("soak")
    void an_exhausted_heap_loses_nothing_on_postgresql() {
        try (Cluster cluster = Cluster.postgres(folder, 2, Map.of())) {
            assertNothingLost(new HistoryRun(cluster, folder, "heap-postgresql", SEED, MONTH));
        }
    }

    @Test
    @Tag("soak")
    void an_exhausted_heap_loses_nothing_on_h2() {
        try (Cluster cluster = Cluster.h2(folder, Map.of())) {
            assertNothingLost(new HistoryRun(cluster, folder, "heap-h2", SEED, MONTH));
        }
    }

    /** A JVM without memory may answer 500, or late, or find no memory for the head of a request. */
    private static void assertNothingLost(HistoryRun run) {
        Faults faults = run.faults();
        Verdict verdict = run.with(faults.heapExhausted(), faults.heapExhausted(), faults.heapExhausted());

        assertThat(verdict.broken().keySet())
                .as(verdict.toString())
                .isSubsetOf(Promise.NO_SERVER_ERROR, Promise.ANSWERS_IN_TIME, Promise.NO_ODD_STATUS);
    }

    /** With synchronous replication, what was acknowledged is on the standby. */
    @Test
    @Tag("soak")
    void a_failover_to_a_synchronous_standby_breaks_no_promise() throws Exception {
        try (Cluster cluster = Cluster.postgres(folder, 2, Map.of())) {
            PostgresServer standby =
                    cluster.postgres().startStandby(cluster.postgres().port());
            cluster.execute("alter system set synchronous_standby_names = '*'", "select pg_reload_conf()");
            HistoryRun run = new HistoryRun(cluster, folder, "failover", SEED, MONTH);

            assertValid(run.with(failover(cluster, standby)));
        }
    }

    /** With asynchronous replication, it need not be: the history shows it. */
    @Test
    @Tag("soak")
    void a_failover_to_an_asynchronous_standby_that_is_behind_loses_acknowledged_jobs() throws Exception {
        try (Cluster cluster = Cluster.postgres(folder, 2, Map.of());
                FaultyLine replication = new FaultyLine(cluster.postgres()::port)) {
            PostgresServer standby = cluster.postgres().startStandby(replication.port());
            HistoryRun run = new HistoryRun(cluster, folder, "asynchronous", SEED, MONTH);
            Fault failover = failover(cluster, standby);
            Fault.Step behind = () -> {
                replication.set(FaultyLine.Mode.REFUSE, 1, Duration.ZERO);
                replication.resetOpen();
                Faults.pause(2);
                failover.begin().take();
            };

            Verdict verdict = run.with(Fault.of("failover", 2, behind, failover.end()));

            assertThat(verdict.broken().keySet()).containsAnyOf(Promise.ACCEPTED_IS_KEPT, Promise.NO_STATUS_GOES_BACK);
        }
    }

    /** The primary is killed; for a while there is a database that can be read only. */
    private static Fault failover(Cluster cluster, PostgresServer standby) {
        return Fault.of(
                "failover",
                2,
                () -> {
                    cluster.postgres().killFirst(false);
                    cluster.moveTo(standby);
                },
                standby::promote);
    }

    private static List<String> kinds(HistoryRun run) {
        String some = System.getProperty("history.kinds");
        return some == null ? run.faults().names() : List.of(some.split(","));
    }

    private static int faults(int otherwise) {
        return Integer.getInteger("history.faults", otherwise);
    }

    private static void assertValid(Verdict verdict) {
        assertThat(verdict.violations()).as(verdict.toString()).isEmpty();
    }
}
