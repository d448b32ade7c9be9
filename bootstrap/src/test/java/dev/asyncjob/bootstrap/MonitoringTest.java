package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The rules, alerts and dashboard of the folder {@code monitoring}. */
class MonitoringTest {
    private static final Pattern ALERT = Pattern.compile("(?ms)^ {6}- alert: (\\w+)\\n(.*?)(?=^ {6}- |\\z)");
    private static final Pattern RECORD = Pattern.compile("record: (\\S+)");
    private static final Pattern RECORDED = Pattern.compile("asyncjob:[a-z0-9_:]+");

    @Test
    void every_alert_has_a_summary_and_leads_to_a_section_of_its_name() {
        Set<String> anchors = MarkdownFile.named("docs/operating.md").anchors();
        List<String> alerts = new ArrayList<>();
        ALERT.matcher(MonitoringFiles.text("alerts.yaml")).results().forEach(alert -> {
            alerts.add(alert.group(1));
            String anchor = alert.group(1).toLowerCase(Locale.ROOT);
            assertThat(alert.group(2))
                    .contains("runbook_url: docs/operating.md#" + anchor + "\n", "summary: \"", "severity: ", "for: ");
            assertThat(anchors).contains(anchor);
        });
        assertThat(alerts)
                .containsExactly(
                        "AsyncjobOldestWaiting",
                        "AsyncjobNoWorker",
                        "AsyncjobFailedShare",
                        "AsyncjobAttemptsFail",
                        "AsyncjobLeasesLost",
                        "AsyncjobEtaNotKept",
                        "AsyncjobHousekeepingSilent",
                        "AsyncjobStoreDown",
                        "AsyncjobCredentialsUndecided",
                        "AsyncjobKindPaused");
    }

    @Test
    void every_recorded_series_that_is_used_is_recorded() {
        Set<String> recorded = found(RECORD, MonitoringFiles.text("rules.yaml"), 1);
        for (String file : MonitoringFiles.names()) {
            assertThat(recorded).as(file).containsAll(found(RECORDED, MonitoringFiles.text(file), 0));
        }
    }

    @Test
    void every_alert_is_tested() {
        String tests = MonitoringFiles.text("tests.yaml");
        ALERT.matcher(MonitoringFiles.text("alerts.yaml"))
                .results()
                .forEach(alert -> assertThat(tests).contains("alertname: " + alert.group(1) + "\n"));
    }

    /** With promtool, the program of Prometheus. */
    @Test
    @Tag("soak")
    void the_rules_and_alerts_do_what_their_tests_say() throws Exception {
        PrometheusRules.promtool("check", "rules", "rules.yaml", "alerts.yaml");
        PrometheusRules.promtool("test", "rules", "tests.yaml");
    }

    private static Set<String> found(Pattern pattern, String text, int group) {
        Set<String> found = new TreeSet<>();
        pattern.matcher(text).results().forEach(match -> found.add(match.group(group)));
        return found;
    }
}
