package dev.asyncjob.persistence;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** H2 2.x in its regular mode. */
record H2Dialect(DatabaseUrl url) implements SqlDialect {
    @Override
    public String name() {
        return "h2";
    }

    @Override
    public String now() {
        return "current_timestamp";
    }

    @Override
    public String schema() {
        return "ASYNCJOB";
    }

    @Override
    public void requireDriver() {
        ClassPath.require("org.h2.Driver", "com.h2database:h2");
    }

    @Override
    public DatabaseUrl storeUrl() {
        Map<String, String> parameters =
                new HashMap<>(Map.of("LOCK_TIMEOUT", "1000", "TRACE_LEVEL_FILE", "0", "TRACE_LEVEL_SYSTEM_OUT", "0"));
        if (url.isH2File()) {
            // Without the first, commits acknowledged in the last half second are lost when the process is killed;
            // without the second, H2 closes the file before the JVM's shutdown hooks have ended.
            parameters.putAll(Map.of(
                    "WRITE_DELAY", "0", "DB_CLOSE_ON_EXIT", "FALSE", "CACHE_SIZE", Long.toString(cacheKilobytes())));
        }
        return url.orElse(parameters);
    }

    /** An eighth of the heap, 256 MiB at most; with H2's own sixteenth, reads of 100,000 jobs took twice as long. */
    private static long cacheKilobytes() {
        return Math.min(1 << 18, Runtime.getRuntime().maxMemory() / (8 << 10));
    }

    @Override
    public DatabaseUrl adminUrl() {
        return storeUrl();
    }

    @Override
    public Optional<String> sessionSetup() {
        return Optional.of("set query_timeout 2000");
    }

    @Override
    public boolean limitsCalls() {
        return false;
    }

    @Override
    public Optional<String> notification() {
        return Optional.empty();
    }

    @Override
    public String renew() {
        return """
            select worker, available_at from final table (
                update asyncjob.work set available_at = dateadd(microsecond, :lease, <now>),
                    progress = coalesce(:progress, progress)
                where job_id = :id and token = :token and leased)
            """;
    }

    @Override
    public String release() {
        return "select kind from final table (" + RELEASE + ")";
    }

    @Override
    public String spent() {
        return SPENT;
    }

    @Override
    public String forget() {
        return """
            delete from asyncjob.job
            where kept_until > %s and kept_until \\<= <now> fetch first :max rows only
            """.formatted(EPOCH);
    }

    @Override
    public Claims claims() {
        return new H2Claims();
    }

    @Override
    public JobWriter writer() {
        return new H2JobWriter();
    }

    @Override
    public Runnable maintenance(Transactions transactions) {
        return () -> {};
    }
}
