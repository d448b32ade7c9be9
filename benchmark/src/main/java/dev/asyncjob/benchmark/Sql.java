package dev.asyncjob.benchmark;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** Plain SQL for the preparation and the checks of a measurement. */
final class Sql {
    private Sql() {}

    /** Opens a connection; the default user of an H2 database is {@code sa}. */
    static Connection open(String url) throws SQLException {
        return url.startsWith("jdbc:h2:")
                ? DriverManager.getConnection(url, "sa", "")
                : DriverManager.getConnection(url);
    }

    /** Opens a connection pool. */
    static HikariDataSource pool(String url, int size) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url);
        if (url.startsWith("jdbc:h2:")) {
            pool.setUsername("sa");
        }
        pool.setMaximumPoolSize(size);
        return pool;
    }

    /** Executes statements, each in a transaction of its own. */
    static void execute(String url, String... statements) throws SQLException {
        try (Connection connection = open(url);
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Returns the first column of the first row of a query. */
    static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }

    /** Returns the single number of a query. */
    static long number(String url, String query) throws SQLException {
        try (Connection connection = open(url)) {
            return Long.parseLong(text(connection, query));
        }
    }

    /** Returns the first column of all rows of a query. */
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
