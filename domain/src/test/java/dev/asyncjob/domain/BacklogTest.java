package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BacklogTest {
    private static final Backlog LIMIT = new Backlog(10, 20);

    @Test
    void it_exceeds_a_limit_with_jobs_or_with_bytes() {
        assertThat(new Backlog(10, 20).exceeds(LIMIT)).isFalse();
        assertThat(new Backlog(11, 0).exceeds(LIMIT)).isTrue();
        assertThat(new Backlog(0, 21).exceeds(LIMIT)).isTrue();
        assertThat(new Backlog(Long.MAX_VALUE, Long.MAX_VALUE).exceeds(Backlog.UNLIMITED))
                .isFalse();
    }

    @Test
    void backlogs_are_added_and_subtracted() {
        assertThat(LIMIT.plus(new Backlog(1, 2))).isEqualTo(new Backlog(11, 22));
        assertThat(LIMIT.minus(new Backlog(1, 2))).isEqualTo(new Backlog(9, 18));
    }

    @Test
    void a_payload_has_its_bytes_as_utf_8() {
        assertThat(Payload.NONE.bytes()).isEqualTo(4);
        assertThat(new Payload("\"ї\"").bytes()).isEqualTo(4);
        assertThat(new Payload("\"\uD83D\uDE00\"").bytes()).isEqualTo(6);
    }

    @Test
    void a_job_adds_to_the_backlog_of_the_client_that_scheduled_it() {
        NewJob job = NewJob.of(Examples.ID, new Owner("a/user"), Examples.KIND, Examples.LINKS);

        assertThat(job.client()).isEqualTo(new Owner("a"));
        assertThat(job.scheduledBy(new Owner("b")).client()).isEqualTo(new Owner("b"));
        assertThat(new Owner("/a/b").client()).isEqualTo(new Owner("/a"));
        assertThat(new Owner("/").client()).isEqualTo(new Owner("/"));
    }
}
