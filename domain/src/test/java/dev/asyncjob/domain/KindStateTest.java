package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.KIND;
import static dev.asyncjob.domain.Examples.NOW;
import static dev.asyncjob.domain.Examples.OWNER;
import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class KindStateTest {
    private static final KindState.Pause PAUSE = new KindState.Pause(NOW, OWNER, "r".repeat(200));

    @Test
    void each_part_of_what_is_set_for_a_kind_changes_alone() {
        KindState state = KindState.of(KIND).askedAt(NOW).withPause(PAUSE).withLimit(100_000);

        assertThat(state).isEqualTo(new KindState(KIND, NOW, PAUSE, 100_000));
        assertThat(state.withPause(null)).isEqualTo(new KindState(KIND, NOW, null, 100_000));
        assertThat(state.withLimit(null)).isEqualTo(new KindState(KIND, NOW, PAUSE, null));
        assertThat(state.withLimit(1).limit()).isEqualTo(1);
    }

    @Test
    void limits_and_reasons_have_bounds() {
        assertRefused(() -> KindState.of(KIND).withLimit(0));
        assertRefused(() -> KindState.of(KIND).withLimit(100_001));
        assertRefused(() -> new KindState.Pause(NOW, OWNER, ""));
        assertRefused(() -> new KindState.Pause(NOW, OWNER, "r".repeat(201)));
        assertRefused(() -> new KindState.Pause(NOW, OWNER, "\0"));
        assertThat(new KindState.Pause(NOW, OWNER, null).reason()).isNull();
    }

    @Test
    void a_page_of_the_audit_leads_to_the_next_unless_it_is_the_last() {
        Intervention by = new Intervention(new UUID(1, 2), OWNER, "request-1");
        AuditEntry entry = new AuditEntry(NOW, by, AuditEntry.Action.PAUSE, "mail", null, 1);

        assertThat(new AuditEntry.Page(List.of(entry), true).next())
                .contains(new AuditEntry.Place(NOW, new UUID(1, 2)));
        assertThat(new AuditEntry.Page(List.of(entry), false).next()).isEmpty();
        assertRefused(() -> new Intervention(new UUID(1, 2), OWNER, ""));
        assertRefused(() -> new Intervention(new UUID(1, 2), OWNER, "r".repeat(129)));
    }
}
