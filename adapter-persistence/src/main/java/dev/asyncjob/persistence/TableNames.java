package dev.asyncjob.persistence;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jdbi.v3.core.config.ConfigRegistry;
import org.jdbi.v3.core.statement.DefinedAttributeTemplateEngine;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.TemplateEngine;

/**
 * Where the tables of a store are: several stores in one database have different names.
 *
 * <p>All statements and migrations are written for the {@link #DEFAULT}; with other names they are rewritten.
 *
 * @param schema the schema, of {@value #MAX_SCHEMA} characters at most: a lower-case letter, then such letters, digits
 *     and {@code _}; no word that SQL reserves
 * @param prefix what the names of the tables begin with, in a schema that has others too: empty, or as the schema, of
 *     {@value #MAX_PREFIX} characters at most
 */
public record TableNames(String schema, String prefix) {
    /** The upper bound of the length of {@link #schema}. */
    public static final int MAX_SCHEMA = 30;

    /** The upper bound of the length of {@link #prefix}; PostgreSQL cuts names after 63 bytes. */
    public static final int MAX_PREFIX = 20;

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]*");
    private static final Pattern OTHERS = Pattern.compile("pg_.*|information_schema");

    /** The beginning of the name of a table; a literal may hold a kind that begins like it. */
    private static final Pattern TABLE = Pattern.compile("(?<!')\\basyncjob\\.");

    /** The names in migrations that are not those of tables; H2 keeps the names of constraints in the schema. */
    private static final Pattern PARTS =
            Pattern.compile("(?i)\\b(create (?:unique )?index |constraint )(?!asyncjob\\.)(?=[a-z])");

    /** H2's catalogue, in which names are in upper case. */
    private static final Pattern CATALOGUE = Pattern.compile("'ASYNCJOB'( and table_name = ')");

    /** The schema {@code asyncjob}, without a prefix. */
    public static final TableNames DEFAULT = new TableNames("asyncjob", "");

    /**
     * Checks the names.
     *
     * @throws IllegalArgumentException naming the setting that is wrong
     */
    public TableNames {
        refuse(
                !NAME.matcher(schema).matches()
                        || schema.length() > MAX_SCHEMA
                        || OTHERS.matcher(schema).matches(),
                "db.schema must be %s lower-case letters, digits and _ at most, must begin with a letter, and must not be"
                        + " the database's own",
                MAX_SCHEMA);
        refuse(
                !prefix.isEmpty() && (!NAME.matcher(prefix).matches() || prefix.length() > MAX_PREFIX),
                "db.table-prefix must be %s lower-case letters, digits and _ at most, and must begin with a letter",
                MAX_PREFIX);
    }

    private static void refuse(boolean wrong, String message, int max) {
        if (wrong) {
            throw new IllegalArgumentException(message.formatted(max));
        }
    }

    boolean isDefault() {
        return equals(DEFAULT);
    }

    /** Returns a statement with these names. */
    String in(String statement) {
        return isDefault() ? statement : TABLE.matcher(statement).replaceAll(schema + "." + prefix);
    }

    /** Returns a migration with these names. */
    String inMigration(String script) {
        String parts = PARTS.matcher(script)
                .replaceAll("$1" + prefix)
                .replace("asyncjob.\"", schema + ".\""); // a name that H2 has made
        return isDefault()
                ? script
                : in(CATALOGUE.matcher(parts).replaceAll("'" + upper(schema) + "'$1" + upper(prefix)));
    }

    /** Returns the name in the spelling of H2's catalogue. */
    static String upper(String name) {
        return name.toUpperCase(Locale.ROOT);
    }

    /** Returns the name of the channel of notifications, which a database has for itself. */
    String channel() {
        return isDefault() ? "asyncjob" : "asyncjob_" + schema + "$" + prefix;
    }

    /** Returns JDBI's engine of templates, for statements with these names. */
    TemplateEngine templates() {
        return new Templates(this, new DefinedAttributeTemplateEngine());
    }

    /** The names may be in parts of a statement, too. */
    private record Templates(TableNames names, TemplateEngine engine) implements TemplateEngine.Parsing {
        @Override
        public Optional<Function<StatementContext, String>> parse(String template, ConfigRegistry config) {
            return engine.parse(template, config).map(parsed -> context -> names.in(parsed.apply(context)));
        }
    }
}
