package dev.asyncjob.persistence;

import dev.asyncjob.domain.InvalidValueException;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.argument.AbstractArgumentFactory;
import org.jdbi.v3.core.argument.Argument;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.StatementExceptions.MessageRendering;
import org.jspecify.annotations.Nullable;

/** The conversion of values to and from both databases. */
final class SqlTypes {
    private SqlTypes() {}

    /**
     * @param now the expression that {@code <now>} stands for in statements
     * @param tables the names that the names of tables stand for, and the channel that {@code <channel>} does
     */
    static void install(Jdbi jdbi, String now, TableNames tables) {
        jdbi.registerArgument(new InstantArguments());
        jdbi.registerColumnMapper(
                Instant.class,
                (rs, column, context) ->
                        rs.getObject(column, OffsetDateTime.class).toInstant());
        jdbi.registerArrayType(String.class, "varchar");
        jdbi.registerArrayType(UUID.class, "uuid");
        jdbi.define("now", now);
        jdbi.define("channel", literal(tables.channel()));
        jdbi.define("store", literal(tables.isDefault() ? "" : tables.channel())); // so that locks of stores differ
        jdbi.define("schema", literal(tables.schema()));
        jdbi.define("prefix", literal(tables.prefix()));
        jdbi.define("work", literal(tables.in("asyncjob.work")));
        if (!tables.isDefault()) {
            jdbi.getConfig(SqlStatements.class).setTemplateEngine(tables.templates());
        }
        // JDBI's default message of a failed statement includes its arguments, and so payloads.
        jdbi.getConfig(StatementExceptions.class).setMessageRendering(MessageRendering.NONE);
    }

    private static String literal(String plain) {
        return "'" + plain + "'";
    }

    /** Reads a stored value; one that breaks a rule of the domain is an internal error, never a fault of the caller. */
    static <T> T stored(Supplier<T> value) {
        try {
            return value.get();
        } catch (InvalidValueException e) {
            throw new IllegalStateException("a stored value breaks its rule", e);
        }
    }

    static Instant instant(ResultSet rs, String column) throws SQLException {
        return Objects.requireNonNull(rs.getObject(column, OffsetDateTime.class))
                .toInstant();
    }

    static @Nullable Instant instantOrNull(ResultSet rs, String column) throws SQLException {
        OffsetDateTime value = rs.getObject(column, OffsetDateTime.class);
        return value == null ? null : value.toInstant();
    }

    /** JDBI's own factory binds a {@code java.sql.Timestamp}, which H2 reads an hour off when clocks are set back. */
    private static final class InstantArguments extends AbstractArgumentFactory<Instant> {
        InstantArguments() {
            super(Types.TIMESTAMP_WITH_TIMEZONE);
        }

        @Override
        protected Argument build(Instant value, ConfigRegistry config) {
            OffsetDateTime utc = value.atOffset(ZoneOffset.UTC);
            return (position, statement, context) -> statement.setObject(position, utc);
        }
    }
}
