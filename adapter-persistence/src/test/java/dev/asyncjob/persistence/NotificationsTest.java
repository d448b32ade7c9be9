package dev.asyncjob.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.JobId;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NotificationsTest {
    /** PostgreSQL's limit: a payload must be shorter. */
    private static final int NOTIFY_PAYLOAD = 8000;

    private final SqlDialect dialect = new PostgresDialect(DatabaseUrl.parse("jdbc:postgresql:jobs"), Pooler.NONE);
    private final Notifications here = Notifications.ofNewNode(dialect);
    private final Notifications there = Notifications.ofNewNode(dialect);
    private final List<JobId> received = new ArrayList<>();
    private final JobSignals.Listener listener = new JobSignals.Listener() {
        @Override
        public void jobChanged(JobId id) {
            received.add(id);
        }
    };

    private final List<JobId> many =
            Stream.generate(() -> new JobId(UUID.randomUUID())).limit(450).toList();

    @Test
    void many_changes_are_sent_in_few_messages_that_are_short_enough() {
        assertThat(here.changes(many))
                .hasSize(3)
                .allMatch(message -> message.getBytes(StandardCharsets.UTF_8).length < NOTIFY_PAYLOAD);
        assertThat(here.changes(List.of())).isEmpty();
    }

    @Test
    void another_node_receives_each_of_them() {
        here.changes(many).forEach(message -> there.receive(message, listener));

        assertThat(received).containsExactlyElementsOf(many);
    }

    @Test
    void a_node_ignores_its_own_messages() {
        here.changes(many).forEach(message -> here.receive(message, listener));

        assertThat(received).isEmpty();
    }

    @Test
    void a_message_that_cannot_be_read_is_ignored() {
        there.receive("12345678:c:nonsense", listener);
        there.receive("nonsense", listener);

        assertThat(received).isEmpty();
    }
}
