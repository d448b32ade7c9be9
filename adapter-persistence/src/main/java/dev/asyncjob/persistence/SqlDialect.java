package dev.asyncjob.persistence;

/** All in which the two databases differ. The rest of the SQL is shared to the letter. */
enum SqlDialect {
    H2 {
        @Override
        String now() {
            return "current_timestamp";
        }

        @Override
        String nowPlusMicros(String parameter) {
            return "dateadd(microsecond, " + parameter + ", current_timestamp)";
        }

        /** H2 locks every matching row before it looks at the limit, so batches are selected without locks there. */
        @Override
        String skipLocked() {
            return "";
        }
    },

    POSTGRESQL {
        /** Not {@code current_timestamp}, which stands still in a transaction that waits for a lock. */
        @Override
        String now() {
            return "statement_timestamp()";
        }

        @Override
        String nowPlusMicros(String parameter) {
            return "statement_timestamp() + " + parameter + " * interval '1 microsecond'";
        }

        @Override
        String skipLocked() {
            return "for update skip locked";
        }
    };

    /** The dialect of a JDBC URL. */
    static SqlDialect of(String url) {
        if (url.startsWith("jdbc:h2:")) {
            return H2;
        }
        if (url.startsWith("jdbc:postgresql:")) {
            return POSTGRESQL;
        }
        throw new IllegalArgumentException("the database's URL must begin with jdbc:h2: or jdbc:postgresql:");
    }

    /** The database's clock: the same throughout a statement. */
    abstract String now();

    /** The clock plus a parameter's microseconds. */
    abstract String nowPlusMicros(String parameter);

    /** Locks the selected rows and passes over those that others hold. */
    abstract String skipLocked();

    /** The word for it in logs, paths and the ready line. */
    String word() {
        return this == H2 ? "h2" : "postgresql";
    }
}
