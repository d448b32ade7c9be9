package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Date;
import java.util.Set;
import java.util.TimeZone;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Sessions of PostgreSQL are in UTC, also where the server does not know the JVM's zone. */
final class TimeZonesTest {
    /** A zone that PostgreSQL does not know; Java's short name of India's. */
    private static final String UNKNOWN = "IST";

    /** Prints what other code of the process sees of the default zone, and the zones of the sessions. */
    static final class Node {
        private Node() {}

        @SuppressWarnings("JavaUtilDate") // it shows the default zone of other code
        public static void main(String[] arguments) throws Exception {
            Set<String> seen = ConcurrentHashMap.newKeySet();
            AtomicBoolean done = new AtomicBoolean();
            Thread other = new Thread(() -> {
                while (!done.get()) {
                    TimeZone zone = TimeZone.getDefault();
                    seen.add(zone.getID()
                            + zone.toZoneId()
                            + new Date(0)
                            + zone.getClass().getSimpleName());
                }
            });
            other.start();
            DatabaseSettings settings = DatabaseSettings.defaults().withUrl(arguments[0]);
            try (JobDatabase database = JobDatabase.open(settings, JobStoreContract.POLICY)) {
                Jobs.accepted(database.store().schedule(Jobs.newJob(), Jobs.EXPECTED));
            }
            done.set(true);
            other.join();
            System.out.println(seen);
            Connections connections = Connections.of(settings);
            try (DriverDataSource store = connections.store(Duration.ZERO);
                    DriverDataSource admin = connections.admin(Duration.ZERO)) {
                System.out.println(zone(store) + " " + zone(admin));
            }
        }

        private static String zone(DriverDataSource source) throws SQLException {
            try (Connection connection = source.getConnection();
                    Statement statement = connection.createStatement();
                    ResultSet rs = statement.executeQuery("show timezone")) {
                rs.next();
                return rs.getString(1);
            }
        }
    }

    @Test
    @Tag("soak")
    void a_zone_that_the_server_does_not_know_is_no_obstacle_and_stays_the_zone_of_other_code() {
        try (JavaProcess node = JavaProcess.of(
                        Node.class, PostgresServer.shared().newDatabase())
                .options("-Duser.timezone=" + UNKNOWN)
                .start()) {
            assertThat(node.remainingLines())
                    .containsExactly("[ISTAsia/KolkataThu Jan 01 05:30:00 IST 1970ZoneInfo]", "UTC UTC");
        }
    }

    @Test
    @Tag("soak")
    void a_zone_that_the_server_knows_is_not_the_zone_of_the_sessions() {
        try (JavaProcess node = JavaProcess.of(
                        Node.class, PostgresServer.shared().newDatabase())
                .options("-Duser.timezone=Asia/Tokyo")
                .start()) {
            assertThat(node.remainingLines())
                    .containsExactly("[Asia/TokyoAsia/TokyoThu Jan 01 09:00:00 JST 1970ZoneInfo]", "UTC UTC");
        }
    }
}
