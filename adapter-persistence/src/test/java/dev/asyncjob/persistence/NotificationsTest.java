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
    /** Of PostgreSQL: a payload must be shorter. */
    private static final int NOTIFY_PAYLOAD = 8000;

    private final Notifications here = Notifications.ofNewNode(SqlDialect.POSTGRESQL);
    private final Notifications there = Notifications.ofNewNode(SqlDialect.POSTGRESQL);
    private final List<JobId> heard = new ArrayList<>();
    private final JobSignals.Listener listener = new JobSignals.Listener() {
        @Override
        public void jobChanged(JobId id) {
            heard.add(id);
        }
    };

    private final List<JobId> many =
            Stream.generate(() -> new JobId(UUID.randomUUID())).limit(450).toList();

    @Test
    void many_changes_are_told_in_few_pieces_of_which_each_is_short_enough() {
        assertThat(here.changes(many))
                .hasSize(3)
                .allMatch(piece -> piece.getBytes(StandardCharsets.UTF_8).length < NOTIFY_PAYLOAD);
        assertThat(here.changes(List.of())).isEmpty();
    }

    @Test
    void another_node_hears_of_each_of_them() {
        here.changes(many).forEach(piece -> there.hear(piece, listener));

        assertThat(heard).containsExactlyElementsOf(many);
    }

    @Test
    void nobody_listens_to_himself() {
        here.changes(many).forEach(piece -> here.hear(piece, listener));

        assertThat(heard).isEmpty();
    }

    @Test
    void what_cannot_be_read_is_passed_over() {
        there.hear("12345678:c:nonsense", listener);
        there.hear("nonsense", listener);

        assertThat(heard).isEmpty();
    }
}
