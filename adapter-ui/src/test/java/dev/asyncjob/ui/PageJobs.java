package dev.asyncjob.ui;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.LINKS;
import static dev.asyncjob.testkit.Jobs.newId;

import dev.asyncjob.domain.Claim;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.Reference;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;

/** Jobs to look at. */
final class PageJobs {
    static final String HOSTILE = "\"'></td><script>alert(1)</script><img/src=x/onerror=alert(2)>";
    static final String SECRET = "payload-of-a-patient";
    static final JobKind PRINT = new JobKind("invoice.print");
    static final JobKind MAIL = new JobKind("mail.send");
    static final JobKind STUCK = new JobKind("export.year");

    private final PageUnderTest page;

    PageJobs(PageUnderTest page) {
        this.page = page;
    }

    NewJob hostile(JobKind kind) {
        return NewJob.of(newId(), new Owner(HOSTILE.replace(' ', '_')), kind, LINKS)
                .withReference(new Reference(HOSTILE))
                .withPayload(new Payload('"' + SECRET + '"'));
    }

    JobId schedule(NewJob job) {
        page.clock.advance(Duration.ofMillis(10));
        Jobs.accepted(page.store.schedule(job, EXPECTED));
        return job.id();
    }

    JobId schedule(JobKind kind) {
        return schedule(NewJob.of(newId(), Jobs.OWNER, kind, LINKS).withReference(new Reference("order 17")));
    }

    ClaimedJob claim(JobKind kind) {
        return claim(kind, "worker-1");
    }

    ClaimedJob claim(JobKind kind, String worker) {
        return page.store
                .claim(new Claim(new WorkerId(worker), Set.of(kind), 1, Duration.ofMinutes(10)))
                .get(0);
    }

    void settle(ClaimedJob job, Outcome outcome) {
        page.clock.advance(Duration.ofSeconds(2));
        Jobs.accepted(
                page.store.settle(new OutcomeReport(job.job().id(), job.lease().token(), outcome)));
    }

    void pause(JobKind kind) {
        var unused = page.hands().pause(kind, null, page.operator());
    }

    /** A job of a hostile owner, which a hostile worker has failed with a hostile error. */
    JobId hostileFailure(String error) {
        JobId id = schedule(hostile(PRINT));
        settle(claim(PRINT, HOSTILE.replace(' ', '_')), Outcome.failed(new Failure(error)));
        return id;
    }

    /** Minutes in which 4 to 12 jobs of a kind end, and in some of them two fail. */
    void minutes(JobKind kind, int minutes) {
        for (int minute = 0; minute < minutes; minute++) {
            Instant begun = page.clock.instant();
            for (int i = 0; i < 4 + minute * 7 % 9; i++) {
                schedule(kind);
                settle(
                        claim(kind),
                        i < 2 && minute % 6 < 2 ? Outcome.failed(new Failure("no such address")) : Jobs.DONE);
            }
            page.clock.advance(Duration.between(page.clock.instant(), begun.plusSeconds(60)));
        }
    }

    /** Some of everything. */
    void some() {
        for (int i = 0; i < 12; i++) {
            schedule(PRINT);
        }
        settle(claim(PRINT), Jobs.DONE);
        settle(claim(PRINT), Outcome.retry(new Failure("printer is on fire")));
        settle(claim(PRINT), Outcome.failed(new Failure("paper is out")));
        claim(PRINT);
        schedule(MAIL);
        claim(MAIL);
        schedule(STUCK);
        page.clock.advance(Duration.ofMinutes(7));
        settle(claim(PRINT), Jobs.DONE);
    }
}
