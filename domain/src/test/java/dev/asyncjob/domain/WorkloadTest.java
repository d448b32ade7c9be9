package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class WorkloadTest {
    private static final JobKind MAIL = new JobKind("mail");
    private static final JobKind SIGN = new JobKind("sign");

    @Test
    void workloads_of_several_kinds_add_up_and_the_oldest_job_of_all_counts() {
        Workload mail = new Workload(MAIL, 1, 20, 300, Duration.ofSeconds(5));
        Workload sign = new Workload(SIGN, 4, 50, 600, Duration.ofSeconds(7));

        assertThat(mail.plus(sign)).isEqualTo(new Workload(MAIL, 5, 70, 900, Duration.ofSeconds(7)));
        assertThat(sign.plus(mail)).isEqualTo(new Workload(SIGN, 5, 70, 900, Duration.ofSeconds(7)));
    }

    @Test
    void several_kinds_are_paused_if_one_of_them_is() {
        Workload mail = new Workload(MAIL, 1, 20, 300, Duration.ofSeconds(5));
        Workload sign = new Workload(SIGN, 4, 50, 600, Duration.ofSeconds(7));

        assertThat(mail.paused()).isFalse();
        assertThat(mail.plus(sign).paused()).isFalse();
        assertThat(mail.asPaused()).isEqualTo(new Workload(MAIL, 1, 20, 300, Duration.ofSeconds(5), true));
        assertThat(mail.asPaused().plus(sign).paused()).isTrue();
        assertThat(mail.plus(sign.asPaused()).paused()).isTrue();
    }
}
