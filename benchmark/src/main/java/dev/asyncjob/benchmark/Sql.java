package dev.asyncjob.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Plain statements for what lies around a measurement. */
final class Sql {
    private Sql() {}

    /** A connection of one's own; an H2 database that was opened without a user has this one. */
    static Connection open(String url) throws SQLException {
        return url.startsWith("jdbc:h2:")
                ? DriverManager.getConnection(url, "sa", "")
                : DriverManager.getConnection(url);
    }

    /** A pool of connections. */
    static HikariDataSource pool(String url, int size) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        if (url.startsWith("jdbc:h2:")) {
            pool.setUsername("sa");
        }
        pool.setMaximumPoolSize(size);
        return pool;
    }

    /** Carries out statements, each committed. */
    static void execute(String url, String... statements) throws SQLException {
        try (Connection connection = open(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** The one value of a query. */
    static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** The one number of a query. */
    static long number(String url, String query) throws SQLException {
        try (Connection connection = open(url)) {
            return Long.parseLong(text(connection, query));
        }
    }

    /** The first column of a query. */
    static List<String> texts(String url, String query) throws SQLException {
        try (Connection connection = open(url);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                texts.add(rows.getString(1));
            }
            return texts;
        }
    }
}
