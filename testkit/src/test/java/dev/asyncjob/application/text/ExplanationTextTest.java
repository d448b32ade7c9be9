package dev.asyncjob.application.text;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.JobStatus;
import dev.asyncjob.domain.KindState;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Retry;
import dev.asyncjob.domain.WorkerId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplanationTextTest {
    private static final Instant AT = Instant.parse("2026-11-03T04:05:06.789Z");
    private static final WorkerId WORKER = new WorkerId("w-1");
    private static final JobKind KIND = new JobKind("print");

    private static String text(String language, Explanation explanation) {
        return explanation.as(Languages.preferredBy(List.of(language)));
    }

    private static void says(Explanation explanation, String english, String ukrainian) {
        assertThat(text("en", explanation)).isEqualTo(english);
        assertThat(text("uk", explanation).replace('\u00a0', ' ')).isEqualTo(ukrainian);
    }

    private static Explanation waiting(int before, double perMinute, @Nullable Duration about) {
        return new Explanation.Waiting(new Explanation.Place(before, false, perMinute), about);
    }

    @Test
    void each_reason_is_one_sentence() {
        says(
                new Explanation.Ended(JobStatus.DONE, AT, null, null),
                "It ended as DONE on 3 November 2026, 04:05:06 UTC.",
                "Завершено зі статусом DONE 3 листопада 2026 року, 04:05:06 UTC.");
        says(
                new Explanation.Ended(JobStatus.FAILED, AT, "no paper", null),
                "It ended as FAILED on 3 November 2026, 04:05:06 UTC: no paper.",
                "Завершено зі статусом FAILED 3 листопада 2026 року, 04:05:06 UTC: no paper.");
        says(
                new Explanation.Ended(JobStatus.FAILED, AT, "no paper", new Retry.Until(AT)),
                "It ended as FAILED on 3 November 2026, 04:05:06 UTC: no paper. It can be retried until 3 November 2026, "
                        + "04:05:06 UTC.",
                "Завершено зі статусом FAILED 3 листопада 2026 року, 04:05:06 UTC: no paper. Повторити можна до "
                        + "3 листопада 2026 року, 04:05:06 UTC.");
        says(
                new Explanation.Ended(JobStatus.FAILED, AT, "no paper", new Retry.Until(null)),
                "It ended as FAILED on 3 November 2026, 04:05:06 UTC: no paper. It cannot be retried, since its payload "
                        + "is not kept (work.failed-payload).",
                "Завершено зі статусом FAILED 3 листопада 2026 року, 04:05:06 UTC: no paper. Повторити неможливо, бо його "
                        + "дані не зберігаються (work.failed-payload).");
        says(
                new Explanation.Planned(AT),
                "It is not due before 3 November 2026, 04:05:06 UTC, as its producer asked.",
                "Почнеться не раніше ніж 3 листопада 2026 року, 04:05:06 UTC, як просив замовник.");
        says(
                new Explanation.Resting(AT, 2, "no paper"),
                "It rests until 3 November 2026, 04:05:06 UTC after attempt 2, which failed: no paper.",
                "Чекає до 3 листопада 2026 року, 04:05:06 UTC після спроби 2, яка не вдалася: no paper.");
        says(
                new Explanation.Resting(AT, 2, null),
                "It rests until 3 November 2026, 04:05:06 UTC after attempt 2, which failed.",
                "Чекає до 3 листопада 2026 року, 04:05:06 UTC після спроби 2, яка не вдалася.");
        says(
                new Explanation.Running(2, WORKER, AT, AT.plusSeconds(30), AT.plusSeconds(10), 12.4),
                "Worker w-1 is running attempt 2; it began on 3 November 2026, 04:05:06 UTC; its lease, last renewed on"
                        + " 3 November 2026, 04:05:16 UTC, ends on 3 November 2026, 04:05:36 UTC unless it is renewed; 12 % are done.",
                "Виконавець w-1 виконує спробу 2; вона почалася 3 листопада 2026 року, 04:05:06 UTC; її оренда, востаннє"
                        + " продовжена 3 листопада 2026 року, 04:05:16 UTC, діє до 3 листопада 2026 року, 04:05:36 UTC, якщо її не продовжать; зроблено 12 %.");
        says(
                new Explanation.Running(2, null, null, AT, null, null),
                "Attempt 2 is running; its lease ends on 3 November 2026, 04:05:06 UTC unless it is renewed.",
                "Виконується спроба 2; її оренда діє до 3 листопада 2026 року, 04:05:06 UTC, якщо її не продовжать.");
        says(
                new Explanation.LeaseRanOut(1, WORKER, AT),
                "The lease of attempt 1 by worker w-1 ran out on 3 November 2026, 04:05:06 UTC; the next claim takes"
                        + " the job.",
                "Оренда спроби 1 (виконавець w-1) закінчилася 3 листопада 2026 року, 04:05:06 UTC; завдання візьме"
                        + " наступний запит.");
        says(
                new Explanation.AttemptsSpent(1, AT, AT),
                "The last lease ran out on 3 November 2026, 04:05:06 UTC, and 1 attempt is spent; housekeeping, which"
                        + " last ran on 3 November 2026, 04:05:06 UTC, ends the job.",
                "Остання оренда закінчилася 3 листопада 2026 року, 04:05:06 UTC, використано 1 спробу; завдання"
                        + " завершить прибирання, яке востаннє працювало 3 листопада 2026 року, 04:05:06 UTC.");
        says(
                new Explanation.AttemptsSpent(5, AT, null),
                "The last lease ran out on 3 November 2026, 04:05:06 UTC, and 5 attempts are spent; housekeeping ends"
                        + " the job.",
                "Остання оренда закінчилася 3 листопада 2026 року, 04:05:06 UTC, використано 5 спроб; завдання"
                        + " завершить прибирання.");
        says(
                paused("no paper"),
                "The kind print has been paused since 3 November 2026, 04:05:06 UTC by ops: no paper.",
                "Тип завдань print призупинено з 3 листопада 2026 року, 04:05:06 UTC, призупинив ops: no paper.");
        says(
                paused(null),
                "The kind print has been paused since 3 November 2026, 04:05:06 UTC by ops.",
                "Тип завдань print призупинено з 3 листопада 2026 року, 04:05:06 UTC, призупинив ops.");
        says(
                new Explanation.Full(KIND, 1),
                "1 job of the kind print is running, and no more may run at the same time.",
                "Завдань типу print виконується стільки, скільки дозволено одночасно: 1.");
        says(
                new Explanation.Full(KIND, 5_000),
                "5,000 jobs of the kind print are running, and no more may run at the same time.",
                "Завдань типу print виконується стільки, скільки дозволено одночасно: 5 000.");
        says(
                new Explanation.NoWorker(KIND, AT),
                "No worker has asked for the kind print since 3 November 2026, 04:05:06 UTC.",
                "Жоден виконавець не запитував завдань типу print з 3 листопада 2026 року, 04:05:06 UTC.");
        says(
                new Explanation.NoWorker(KIND, null),
                "No worker is known to have asked for the kind print.",
                "Невідомо про жоден запит завдань типу print.");
        says(
                new Explanation.Locked(AT),
                "A worker is there, but another transaction has locked the job; it is open since 3 November 2026,"
                        + " 04:05:06 UTC.",
                "Виконавець є, але завдання заблокувала інша транзакція; вона відкрита з"
                        + " 3 листопада 2026 року, 04:05:06 UTC.");
        says(
                new Explanation.Locked(null),
                "A worker is there, but another transaction has locked the job.",
                "Виконавець є, але завдання заблокувала інша транзакція.");
    }

    @Test
    void a_job_that_waits_says_how_many_and_about_how_long() {
        says(
                waiting(0, 0, null),
                "No job is before it; the next claim takes it.",
                "Перед ним немає завдань; його візьме наступний запит.");
        says(
                waiting(3, 12, Duration.ofSeconds(20)),
                "3 jobs of its kind are before it; 12 end in a minute, so its turn comes in about 20 seconds.",
                "Перед ним 3 завдання того ж типу; за хвилину завершується 12 завдань, тож черга дійде приблизно через"
                        + " 20 секунд.");
        says(
                waiting(1, 0.1, Duration.ofMinutes(20)),
                "1 job of its kind is before it; 6 end in an hour, so its turn comes in about 20 minutes.",
                "Перед ним 1 завдання того ж типу; за годину завершується 6 завдань, тож черга дійде приблизно через"
                        + " 20 хвилин.");
        says(
                waiting(21, 0, null),
                "21 jobs of its kind are before it, and none has ended in the last 10 minutes.",
                "Перед ним 21 завдання того ж типу, і жодне не завершилося за останні 10 хвилин.");
        says(
                new Explanation.Waiting(new Explanation.Place(10_000, true, 1), Duration.ofDays(7)),
                "More than 10,000 jobs of its kind are before it; 1 ends in a minute, so its turn comes in about"
                        + " 7 days.",
                "Перед ним понад 10 000 завдань того ж типу; за хвилину завершується 1 завдання, тож черга дійде"
                        + " приблизно через 7 днів.");
        says(
                new Explanation.Waiting(null, Duration.ofSeconds(89)),
                "It waits for its turn, in about 89 seconds.",
                "Чекає своєї черги, яка дійде приблизно через 89 секунд.");
        says(new Explanation.Waiting(null, null), "It waits for its turn.", "Чекає своєї черги.");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1 job of its kind is, 1 завдання, 1 minute, 1 хвилину",
        "2, 2 jobs of its kind are, 2 завдання, 2 minutes, 2 хвилини",
        "5, 5 jobs of its kind are, 5 завдань, 5 minutes, 5 хвилин",
        "11, 11 jobs of its kind are, 11 завдань, 11 minutes, 11 хвилин",
        "12, 12 jobs of its kind are, 12 завдань, 12 minutes, 12 хвилин",
        "14, 14 jobs of its kind are, 14 завдань, 14 minutes, 14 хвилин",
        "20, 20 jobs of its kind are, 20 завдань, 20 minutes, 20 хвилин",
        "21, 21 jobs of its kind are, 21 завдання, 21 minutes, 21 хвилину",
        "22, 22 jobs of its kind are, 22 завдання, 22 minutes, 22 хвилини",
        "24, 24 jobs of its kind are, 24 завдання, 24 minutes, 24 хвилини",
        "25, 25 jobs of its kind are, 25 завдань, 25 minutes, 25 хвилин",
    })
    void numbers_take_the_plural_of_the_language(
            int number, String jobs, String ukrainianJobs, String minutes, String ukrainianMinutes) {
        Duration about = number == 1 ? Duration.ofSeconds(90) : Duration.ofMinutes(number);
        String expected = number == 1 ? minutes.replace("1 minute", "2 minutes") : minutes;
        String expectedUkrainian = number == 1 ? "2 хвилини" : ukrainianMinutes;

        Explanation waiting = waiting(number, 10, about);

        assertThat(text("en", waiting)).startsWith(jobs + " before it;").endsWith(" in about " + expected + ".");
        assertThat(text("uk", waiting).replace('\u00a0', ' '))
                .startsWith("Перед ним " + ukrainianJobs + " того")
                .endsWith(" через " + expectedUkrainian + ".");
    }

    @ParameterizedTest
    @CsvSource({
        "1, 1 second, 1 секунду",
        "22, 22 seconds, 22 секунди",
        "5340, 89 minutes, 89 хвилин",
        "5400, 2 hours, 2 години",
        "75600, 21 hours, 21 годину",
        "129600, 2 days, 2 дні",
        "1814400, 21 days, 21 день",
        "2160000, 25 days, 25 днів",
    })
    void a_time_is_told_in_the_unit_that_fits(long seconds, String english, String ukrainian) {
        Explanation waiting = new Explanation.Waiting(null, Duration.ofSeconds(seconds));

        assertThat(text("en", waiting)).endsWith(" in about " + english + ".");
        assertThat(text("uk", waiting).replace('\u00a0', ' ')).endsWith(" через " + ukrainian + ".");
    }

    @Test
    void jobs_are_counted_in_the_plural_of_the_language() {
        Map<Integer, String> ukrainian = Map.of(
                0,
                "завдань",
                1,
                "завдання",
                2,
                "завдання",
                5,
                "завдань",
                11,
                "завдань",
                21,
                "завдання",
                22,
                "завдання",
                25,
                "завдань");
        ukrainian.forEach((number, jobs) -> {
            assertThat(Languages.preferredBy(List.of("uk")).jobs(number)).isEqualTo(number + " " + jobs);
            assertThat(Languages.preferredBy(List.of("en")).jobs(number))
                    .isEqualTo(number + (number == 1 ? " job" : " jobs"));
        });
    }

    @Test
    void each_month_has_its_name() {
        List<String> months = List.of(
                "січня",
                "лютого",
                "березня",
                "квітня",
                "травня",
                "червня",
                "липня",
                "серпня",
                "вересня",
                "жовтня",
                "листопада",
                "грудня");
        for (int month = 1; month <= 12; month++) {
            Instant at = Instant.parse("2026-%02d-01T00:00:00Z".formatted(month));
            String english = java.time.Month.of(month).getDisplayName(java.time.format.TextStyle.FULL, Locale.ENGLISH);

            assertThat(text("uk", new Explanation.Planned(at))).contains(" 1 " + months.get(month - 1) + " 2026 року");
            assertThat(text("en", new Explanation.Planned(at))).contains(" 1 " + english + " 2026,");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "uk | uk",
                "uk-UA | uk",
                "UK | uk",
                "de, uk;q=0.5, en;q=0.1 | uk",
                "en, uk;q=0.9 | en",
                "uk;q=0 | en",
                "de | en",
                "* | en",
                "'' | en",
                "uk;q=many | en",
                "\u0000 | en",
            })
    void the_preferred_language_is_taken(String header, String language) {
        assertThat(Languages.preferredBy(List.of(header)).language()).isEqualTo(language);
    }

    @Test
    void several_lines_of_the_header_are_one() {
        assertThat(Languages.preferredBy(List.of("de", "uk;q=0.3")).language()).isEqualTo("uk");
        assertThat(Languages.preferredBy(List.of()).language()).isEqualTo("en");
    }

    @Test
    void the_default_locale_of_the_jvm_is_of_no_account() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            assertThat(text("en", waiting(1500, 0, null)))
                    .isEqualTo("1,500 jobs of its kind are before it, and none has ended in the last 10 minutes.");
            assertThat(text("uk", new Explanation.Planned(AT))).contains("3 листопада 2026 року, 04:05:06 UTC");
        } finally {
            Locale.setDefault(before);
        }
    }

    private static Explanation paused(@Nullable String reason) {
        return new Explanation.Paused(
                KIND, new KindState.Pause(AT, new Owner("ops"), reason), new Explanation.Waiting(null, null));
    }
}
