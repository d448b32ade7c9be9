package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.READER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.TraceContext;
import dev.asyncjob.testkit.Jobs;
import org.junit.jupiter.api.Test;

/** What the view of a job says of the trace in which it was scheduled. */
class TraceTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String LINK = "https://traces.example/explore?id={traceId}&more=%7B1%7D";
    private static final String SHOWN =
            "<a href=\"https://traces.example/explore?id=" + TRACE + "&amp;more=%7B1%7D\"><code>" + TRACE;

    private static NewJob traced() {
        return NewJob.of(Jobs.newId(), Jobs.OWNER, PageJobs.PRINT, ResourceLinks.of(ResourceLink.to("shop/invoice")))
                .withTrace(new TraceContext("00-" + TRACE + "-b7ad6b7169203331-01", "rojo=00f067"));
    }

    @Test
    void it_is_a_link_where_traces_can_be_seen() {
        try (PageUnderTest page =
                new PageUnderTest(PageSettings.defaults().withTraceLink(LINK).withActions(true))) {
            PageJobs jobs = new PageJobs(page);
            JobId id = jobs.schedule(traced());
            String other = "/ui/jobs/" + jobs.schedule(PageJobs.MAIL);
            assertThat(page.get("/ui/jobs/" + id, page.login(READER)).body())
                    .contains("<dt>Trace</dt><dd>" + SHOWN)
                    .doesNotContain("b7ad6b7169203331", "rojo");
            assertThat(page.get("/ui/jobs/" + id + "/cancel", page.login(ADMIN)).body())
                    .contains(SHOWN);
            assertThat(page.get(other, page.login(READER)).body()).doesNotContain("<dt>Trace</dt>", "traces.example");

            jobs.settle(jobs.claim(PageJobs.PRINT), Jobs.DONE);
            assertThat(page.get("/ui/jobs/" + id, page.login(READER)).body())
                    .as("when it has ended")
                    .contains(SHOWN);
        }
    }

    @Test
    void it_is_text_where_nothing_says_where_they_are() {
        try (PageUnderTest page = new PageUnderTest()) {
            JobId id = new PageJobs(page).schedule(traced());
            assertThat(page.get("/ui/jobs/" + id + "?lang=uk", page.login(READER))
                            .body())
                    .contains("<dt>Трасування</dt><dd><code>" + TRACE + "</code></dd>");
        }
    }

    @Test
    void a_link_has_a_place_for_the_id_and_opens_a_page() {
        for (String link : new String[] {"https://traces.example", "javascript:{traceId}", "//x/{traceId}", "{"}) {
            assertThatThrownBy(() -> PageSettings.defaults().withTraceLink(link))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("{traceId}");
        }
        assertThat(PageSettings.defaults()
                        .withTraceLink("HTTP://[::1]:3000/{traceId}")
                        .traceLink())
                .isNotEmpty();
    }
}
