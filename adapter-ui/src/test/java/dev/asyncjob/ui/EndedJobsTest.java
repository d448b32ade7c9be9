package dev.asyncjob.ui;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.text.Languages;
import dev.asyncjob.domain.EndedMinute;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.testkit.Jobs;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class EndedJobsTest {
    private static final Instant NOW = Instant.parse("2026-11-30T03:30:59.999Z");
    private static final View ENGLISH = new View(Languages.preferredBy(List.of("en")), "/ui", "/ui", null);
    private static final View UKRAINIAN = new View(Languages.preferredBy(List.of("uk")), "/ui", "/ui", null);
    private static final String LINE = "M0 20h60v1h-60z";

    private static EndedMinute ago(int minutes, long ended, long failed, long kept) {
        return new EndedMinute(PageJobs.MAIL, NOW.minusSeconds(60L * minutes), ended, failed, ended, kept);
    }

    private static KindViews.Ended of(EndedMinute... minutes) {
        return new KindViews.Ended(PageJobs.MAIL, Map.of(PageJobs.MAIL, List.of(minutes)), NOW);
    }

    private static String chart(String look, String label, String bars, String text) {
        return "<svg class=\"chart" + look + "\" role=\"img\" aria-label=\"" + label
                + "\" width=\"60\" height=\"21\"><path d=\"" + LINE + bars + "\"></path></svg> " + text;
    }

    @Test
    void a_kind_of_which_no_job_ended_has_no_chart() {
        for (KindViews.Ended none : List.of(of(), of(ago(0, 7, 7, 0), ago(31, 7, 7, 0), ago(-1, 7, 7, 0)))) {
            assertThat(none.perMinute(ENGLISH)).hasToString("0");
            assertThat(none.failures(ENGLISH)).hasToString("");
            assertThat(none.kept()).isEmpty();
        }
    }

    @Test
    void one_job_is_one_bar() {
        KindViews.Ended one = of(ago(1, 1, 0, 1));
        assertThat(one.perMinute(ENGLISH))
                .hasToString(chart("", "1 in the last minute, 1 in 30 minutes", "M58 20v-20h2v20z", "1"));
        assertThat(one.failures(ENGLISH))
                .hasToString(chart("", "0\u00a0% in the last minute, 0\u00a0% in 30 minutes", "", "0\u00a0%"));
        assertThat(one.kept()).isEqualTo("100\u00a0%");
    }

    @Test
    void each_minute_has_its_bar_and_one_without_jobs_has_none() {
        KindViews.Ended some = of(ago(30, 4_000, 1, 4_000), ago(2, 1_000, 500, 300), ago(2, 1_000, 500, 300));
        assertThat(some.perMinute(ENGLISH))
                .hasToString(
                        chart("", "0 in the last minute, 6,000 in 30 minutes", "M0 20v-20h2v20zM56 20v-10h2v10z", "0"));
        assertThat(some.failures(ENGLISH))
                .hasToString(chart(
                        " bad",
                        "none ended in the last minute, 17\u00a0% in 30 minutes",
                        "M0 20v-1h2v1zM56 20v-10h2v10z",
                        "–"));
        assertThat(some.kept()).isEqualTo("77\u00a0%");
        assertThat(some.perMinute(UKRAINIAN).toString()).contains("\"0 за останню хвилину, 6\u00a0000 за 30 хвилин\"");
        assertThat(some.failures(UKRAINIAN).toString())
                .contains("\"немає завершених за останню хвилину, 17\u00a0% за 30 хвилин\"");
    }

    @Test
    void where_all_failed_the_bar_has_its_full_height() {
        KindViews.Ended all = of(ago(1, 3, 3, 0));
        assertThat(all.failures(ENGLISH))
                .hasToString(chart(
                        " bad",
                        "100\u00a0% in the last minute, 100\u00a0% in 30 minutes",
                        "M58 20v-20h2v20z",
                        "100\u00a0%"));
        assertThat(all.kept()).isEqualTo("0\u00a0%");
    }

    @Test
    void a_share_is_none_or_all_only_if_it_is_exactly_that() {
        assertThat(of(ago(1, 1_000, 1, 999)).failures(ENGLISH).toString()).contains("> 1\u00a0%");
        assertThat(of(ago(1, 1_000, 999, 999)).failures(ENGLISH).toString()).contains("> 99\u00a0%");
        assertThat(of(ago(1, 1_000, 1, 999)).kept()).isEqualTo("99\u00a0%");
        assertThat(of(ago(1, 1_000, 1, 1)).kept()).isEqualTo("1\u00a0%");
    }

    @Test
    void cancelled_jobs_promised_nothing() {
        assertThat(of(new EndedMinute(PageJobs.MAIL, NOW.minusSeconds(60), 2, 0, 0, 0))
                        .kept())
                .isEmpty();
    }

    @Test
    void now_shows_a_kind_of_which_jobs_have_ended_lately_although_none_is_pending() {
        try (PageUnderTest page = new PageUnderTest()) {
            PageJobs jobs = new PageJobs(page);
            jobs.schedule(PageJobs.MAIL);
            jobs.settle(jobs.claim(PageJobs.MAIL), Jobs.DONE);
            jobs.schedule(PageJobs.MAIL);
            page.clock.advance(Jobs.EXPECTED);
            jobs.settle(jobs.claim(PageJobs.MAIL), Outcome.failed(new Failure("no")));
            jobs.schedule(PageJobs.PRINT);
            page.clock.advance(Duration.ofMinutes(1));

            String session = page.login(PageUnderTest.READER);
            assertThat(text(page, "/ui", session))
                    .contains("mail.send ✔ nothing waits 0 0 0 2 50\u00a0% 50\u00a0% 0 62 seconds ago")
                    .contains("invoice.print ▲ no worker 1 60 seconds 0 0 0 0 not known mail.send");
            assertThat(text(page, "/ui?lang=uk", session)).contains("Завершено за хвилину Невдалі eta дотримано");

            page.clock.advance(Duration.ofMinutes(30));
            page.pass(Shared.KEPT);
            assertThat(text(page, "/ui", session)).contains("invoice.print").doesNotContain("mail.send");
        }
    }

    private static String text(PageUnderTest page, String path, String session) {
        return Pattern.compile("<[^>]*>")
                .matcher(page.get(path, session).body())
                .replaceAll(" ")
                .replaceAll("[ \n]+", " ");
    }
}
