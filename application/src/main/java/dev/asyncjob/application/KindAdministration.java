package dev.asyncjob.application;

import dev.asyncjob.application.spi.StoreUnavailable;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Intervention;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.KindState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What operators set for kinds, and the audit of all that they do; {@link dev.asyncjob.application.spi.Interventions}
 * defines each. Every method fails with {@link StoreUnavailable} if the store cannot be reached; call again.
 * Implementations are safe for use from any thread.
 */
public interface KindAdministration {
    /** What is set for each kind, in the order of their names. */
    List<KindState> kinds();

    /** Keeps all claims from the jobs of a kind; one that is paused keeps its pause as it is. */
    KindState pause(JobKind kind, @Nullable String reason, Intervention by);

    /** Ends the pause of a kind. */
    KindState resume(JobKind kind, Intervention by);

    /** Limits how many jobs of a kind are leased at the same time; null removes the limit. */
    KindState limit(JobKind kind, @Nullable Integer running, Intervention by);

    /** One page of the audit, the newest first; null begins with the newest entry. */
    AuditEntry.Page audit(AuditEntry.@Nullable Place after, int limit);
}
