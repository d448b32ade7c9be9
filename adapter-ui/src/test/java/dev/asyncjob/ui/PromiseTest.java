package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.LeaseExtension;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the view of a job says of the end that its client was promised first: 8 s after 03:00:00.010. */
class PromiseTest {
    private static final String FIRST = "2026-11-30 03:00:08 UTC";

    private final PageUnderTest page = new PageUnderTest();
    private final PageJobs jobs = new PageJobs(page);
    private final JobId id = jobs.schedule(PageJobs.PRINT);

    @AfterEach
    void stop() {
        page.close();
    }

    private String promised(String language) {
        String body = page.get("/ui/jobs/" + id + "?lang=" + language, page.login(READER))
                .body();
        return Pattern.compile("(?s)<dt>(?:End as first promised|Кінець, обіцяний спочатку)</dt><dd>(.*?)</dd>")
                .matcher(body)
                .results()
                .map(fact -> fact.group(1).replaceAll("<[^>]*>", ""))
                .findFirst()
                .orElse("nothing");
    }

    private void ends(Duration after) {
        ClaimedJob claimed = jobs.claim(PageJobs.PRINT);
        page.clock.advance(after.minusSeconds(2)); // which the outcome takes
        jobs.settle(claimed, Jobs.DONE);
    }

    @Test
    void the_end_of_a_new_job_is_expected_as_promised() {
        assertThat(promised("en")).isEqualTo(FIRST + ": now expected at that time");
        assertThat(promised("uk")).isEqualTo(FIRST + ": тепер очікується тоді ж");
    }

    @Test
    void a_worker_that_expects_another_end_moves_the_present_one_and_not_the_promise() {
        ClaimedJob claimed = jobs.claim(PageJobs.PRINT);
        Instant later = Instant.parse("2026-11-30T03:05:08.010Z");
        Jobs.renewed(
                page.store.renew(id, claimed.lease().token(), new LeaseExtension(Duration.ofMinutes(10), later, null)));
        assertThat(promised("en")).isEqualTo(FIRST + ": now expected 5 minutes later");
        assertThat(promised("uk")).isEqualTo(FIRST + ": тепер очікується на 5 хвилин пізніше");
    }

    @Test
    void a_job_past_its_promise_is_expected_at_its_next_step() {
        page.clock.advance(Duration.ofSeconds(8));
        assertThat(promised("en")).isEqualTo(FIRST + ": now expected 2 seconds later");
    }

    @Test
    void a_job_that_ended_by_its_promise_did_so_earlier() {
        ends(Duration.ofSeconds(5));
        assertThat(promised("en")).isEqualTo(FIRST + ": it ended 3 seconds earlier");
        assertThat(promised("uk")).isEqualTo(FIRST + ": завдання скінчилося на 3 секунди раніше");
    }

    @Test
    void a_job_that_ended_at_the_very_instant_ended_as_promised() {
        ends(Duration.ofSeconds(8));
        assertThat(promised("en")).isEqualTo(FIRST + ": it ended at that time");
    }

    @Test
    void a_job_that_ended_after_its_promise_did_so_later_if_only_by_a_part_of_a_second() {
        ends(Duration.ofMillis(8_001));
        assertThat(promised("en")).isEqualTo(FIRST + ": it ended 1 second later");
    }

    @Test
    void a_job_that_was_cancelled_kept_and_broke_no_promise() {
        page.hands().cancel(id, page.operator());
        assertThat(promised("en")).isEqualTo(FIRST);
    }
}
