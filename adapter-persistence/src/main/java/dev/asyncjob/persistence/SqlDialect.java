package dev.asyncjob.persistence;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What the two databases do not share: every statement that differs, and how connections are opened.
 *
 * <p>In all statements {@code <now>} stands for the statement's own instant on the database's clock.
 */
enum SqlDialect {
    /** H2 2.x in its regular mode. */
    H2("h2", "current_timestamp", "ASYNCJOB") {
        @Override
        Map<String, String> storeParameters(DatabaseUrl url) {
            Map<String, String> always =
                    Map.of("LOCK_TIMEOUT", "1000", "TRACE_LEVEL_FILE", "0", "TRACE_LEVEL_SYSTEM_OUT", "0");
            if (!url.isH2File()) {
                return always;
            }
            Map<String, String> parameters = new HashMap<>(always);
            // Without the first, commits acknowledged in the last half second are lost when the process is killed;
            // without the second, H2 closes the file before our own shutdown is over.
            parameters.putAll(Map.of(
                    "WRITE_DELAY", "0", "DB_CLOSE_ON_EXIT", "FALSE", "CACHE_SIZE", Long.toString(cacheKilobytes())));
            return parameters;
        }

        /**
         * An eighth of the heap, 256 MiB at most; with H2's own sixteenth, reads of 100,000 jobs took twice as long.
         */
        private static long cacheKilobytes() {
            return Math.min(1 << 18, Runtime.getRuntime().maxMemory() / (8 << 10));
        }

        @Override
        Map<String, String> adminParameters(DatabaseUrl url) {
            return storeParameters(url);
        }

        @Override
        Optional<String> sessionSetup() {
            return Optional.of("set query_timeout 2000");
        }

        @Override
        boolean limitsCalls(DatabaseUrl url) {
            return false;
        }

        @Override
        Optional<String> announcement() {
            return Optional.empty();
        }

        @Override
        String renew() {
            return """
                select worker, available_at from final table (
                    update asyncjob.work set available_at = dateadd(microsecond, :lease, <now>),
                        progress = coalesce(:progress, progress)
                    where job_id = :id and token = :token and leased)
                """;
        }

        @Override
        String release() {
            return "select kind from final table (" + Sql.RELEASE + ")";
        }

        @Override
        String spent() {
            return Sql.SPENT;
        }

        @Override
        String forget() {
            return """
                delete from asyncjob.job
                where kept_until > %s and kept_until \\<= <now> fetch first :max rows only
                """.formatted(EPOCH);
        }

        @Override
        Claims claims() {
            return new H2Claims();
        }

        @Override
        JobWriter rows() {
            return new H2JobWriter();
        }
    },

    /** PostgreSQL 13 or later. */
    POSTGRESQL("postgresql", "statement_timestamp()", "asyncjob") {
        @Override
        Map<String, String> storeParameters(DatabaseUrl url) {
            return Map.of(
                    "connectTimeout", "1",
                    "loginTimeout", "2",
                    "socketTimeout", "2",
                    "tcpKeepAlive", "true",
                    "ApplicationName", "asyncjob",
                    "logServerErrorDetail", "false"); // the detail repeats the row, payload and all
        }

        @Override
        Map<String, String> adminParameters(DatabaseUrl url) {
            return Map.of(
                    "connectTimeout", "5",
                    "loginTimeout", "5",
                    "tcpKeepAlive", "true",
                    "ApplicationName", "asyncjob",
                    "logServerErrorDetail", "false");
        }

        /**
         * The server gives up before the client does, and lets go of the locks of a node that fell silent. Every
         * statement of the store finds its rows by an index; a plan that was made while the tables were empty, and is
         * kept until somebody analyses them, must do so too. No plan depends on the values that are asked for, and
         * making one takes longer than most statements.
         */
        @Override
        Optional<String> sessionSetup() {
            return Optional.of("""
                    set lock_timeout = '1500ms'; set statement_timeout = '2s';
                    set idle_in_transaction_session_timeout = '5s'; set enable_seqscan = off;
                    set plan_cache_mode = force_generic_plan""");
        }

        @Override
        boolean limitsCalls(DatabaseUrl url) {
            return !url.parameters().containsKey("socketTimeout");
        }

        @Override
        Optional<String> announcement() {
            return Optional.of("select pg_notify('%s', news) from unnest(cast(:news as varchar array)) as news"
                    .formatted(CHANNEL));
        }

        @Override
        String renew() {
            return """
                update asyncjob.work set available_at = <now> + :lease * interval '1 microsecond',
                    progress = coalesce(:progress, progress)
                where job_id = :id and token = :token and leased
                returning worker, available_at
                """;
        }

        @Override
        String release() {
            return Sql.RELEASE + " returning kind";
        }

        @Override
        String spent() {
            return Sql.SPENT + " for update skip locked";
        }

        @Override
        String forget() {
            return """
                with past as materialized (
                    select id from asyncjob.job where kept_until <= <now>
                    order by kept_until limit :max for update skip locked)
                delete from asyncjob.job where id = any(array(select id from past))
                """;
        }

        @Override
        Claims claims() {
            return new PostgresClaims();
        }

        @Override
        JobWriter rows() {
            return new PostgresJobWriter();
        }
    };

    /** Before all that ever ended; H2 needs it to pass over what is null, with which its indexes begin. */
    static final String EPOCH = "timestamp with time zone '1970-01-01 00:00:00Z'";

    /** Where nodes tell each other what happened. */
    static final String CHANNEL = "asyncjob";

    private final String word;
    private final String now;
    private final String schema;

    SqlDialect(String word, String now, String schema) {
        this.word = word;
        this.now = now;
        this.schema = schema;
    }

    /** Its name for people, and of its folder of migrations. */
    String word() {
        return word;
    }

    /** The expression that {@code <now>} stands for. */
    String now() {
        return now;
    }

    /** The schema in the spelling of the database's catalogue. */
    String schema() {
        return schema;
    }

    /** Parameters of the store's connections where the user's URL does not set them. */
    abstract Map<String, String> storeParameters(DatabaseUrl url);

    /** The same of connections that migrate, which may take long. */
    abstract Map<String, String> adminParameters(DatabaseUrl url);

    /** What each of the store's connections begins with. */
    abstract Optional<String> sessionSetup();

    /**
     * Whether {@link PooledTransactions} must limit how long the database may take: not where the driver does, or the
     * user.
     */
    abstract boolean limitsCalls(DatabaseUrl url);

    /** Tells other nodes of news when the transaction is committed; empty where there are none. */
    abstract Optional<String> announcement();

    /** Prolongs a lease and answers with it. */
    abstract String renew();

    /** Gives a job back and answers with its kind. */
    abstract String release();

    /** Picks work whose attempts are spent. */
    abstract String spent();

    /** Deletes what is past its retention. */
    abstract String forget();

    /** How jobs are claimed. */
    abstract Claims claims();

    /** How jobs are written. */
    abstract JobWriter rows();

    /** What both share, with something around it. */
    private static final class Sql {
        static final String RELEASE = """
            update asyncjob.work
            set available_at = <now>, attempts_made = attempts_made - 1, attempts_left = attempts_left + 1, leased = false
            where job_id = :id and token = :token and leased
            """;

        static final String SPENT = """
            select job_id, attempts_made from asyncjob.work where attempts_left = 0 and available_at <= <now>
            order by attempts_left, available_at fetch first :max rows only
            """;
    }
}
