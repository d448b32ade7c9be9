package dev.asyncjob.application.text;

import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Explanations in Ukrainian: a number takes one of three forms, as for 1 and 21, for 2 and 22, for 5, 11 and 25. */
final class UkrainianText extends ExplanationText {
    private final List<String> months = List.of(
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

    private static final char NO_BREAK = '\u00a0';

    @Override
    public String language() {
        return "uk";
    }

    @Override
    public String ended(Explanation.Ended reason) {
        return "Завершено зі статусом " + reason.status() + " " + at(reason.at()) + because(reason.error()) + "."
                + (reason.retry() == null ? "" : retry(reason.retry().instant()));
    }

    private String retry(@Nullable Instant until) {
        return until == null
                ? " Повторити неможливо, бо його дані не зберігаються (work.failed-payload)."
                : " Повторити можна до " + at(until) + ".";
    }

    @Override
    public String paused(Explanation.Paused reason) {
        return "Тип завдань " + reason.kind() + " призупинено з "
                + at(reason.pause().since()) + ", призупинив " + reason.pause().by()
                + because(reason.pause().reason()) + ".";
    }

    @Override
    public String full(Explanation.Full reason) {
        return "Завдань типу " + reason.kind() + " виконується стільки, скільки дозволено одночасно: "
                + number(reason.limit(), NO_BREAK) + ".";
    }

    @Override
    public String planned(Explanation.Planned reason) {
        return "Почнеться не раніше ніж " + at(reason.until()) + ", як просив замовник.";
    }

    @Override
    public String resting(Explanation.Resting reason) {
        return "Чекає до " + at(reason.until()) + " після спроби " + reason.attempt() + ", яка не вдалася"
                + because(reason.error()) + ".";
    }

    @Override
    public String running(Explanation.Running reason) {
        String who = reason.worker() == null
                ? "Виконується спроба " + reason.attempt()
                : "Виконавець " + reason.worker() + " виконує спробу " + reason.attempt();
        return who
                + (reason.since() == null ? "" : "; вона почалася " + at(reason.since()))
                + (reason.renewedAt() == null
                        ? "; її оренда"
                        : "; її оренда, востаннє продовжена " + at(reason.renewedAt()) + ",")
                + " діє до " + at(reason.leaseUntil()) + ", якщо її не продовжать"
                + (reason.progress() == null ? "" : "; зроблено " + percent(reason.progress()) + NO_BREAK + "%") + ".";
    }

    @Override
    public String leaseRanOut(Explanation.LeaseRanOut reason) {
        return "Оренда спроби " + reason.attempt() + " (виконавець " + reason.worker() + ") закінчилася "
                + at(reason.at()) + "; завдання візьме наступний запит.";
    }

    @Override
    public String attemptsSpent(Explanation.AttemptsSpent reason) {
        String last = reason.housekeptAt() == null ? "" : ", яке востаннє працювало " + at(reason.housekeptAt());
        return "Остання оренда закінчилася " + at(reason.at()) + ", використано "
                + count(reason.attempts(), "спробу", "спроби", "спроб") + "; завдання завершить прибирання" + last
                + ".";
    }

    @Override
    public String noWorker(Explanation.NoWorker reason) {
        return reason.askedAt() == null
                ? "Невідомо про жоден запит завдань типу " + reason.kind() + "."
                : "Жоден виконавець не запитував завдань типу " + reason.kind() + " з " + at(reason.askedAt()) + ".";
    }

    @Override
    public String locked(Explanation.Locked reason) {
        return "Виконавець є, але завдання заблокувала інша транзакція"
                + (reason.since() == null ? "" : "; вона відкрита з " + at(reason.since())) + ".";
    }

    @Override
    public String waiting(Explanation.Waiting reason) {
        Explanation.Place place = reason.place();
        if (place == null) {
            return "Чекає своєї черги" + (reason.about() == null ? "" : ", яка дійде " + about(reason.about())) + ".";
        }
        if (place.before() == 0) {
            return "Перед ним немає завдань; його візьме наступний запит.";
        }
        String before = "Перед ним " + (place.more() ? "понад " : "") + jobs(place.before()) + " того ж типу";
        return reason.about() == null
                ? before + ", і жодне не завершилося за останні "
                        + count(JobFacts.RECENTLY.toMinutes(), "хвилину", "хвилини", "хвилин") + "."
                : before + "; " + rate(place.perMinute()) + ", тож черга дійде " + about(reason.about()) + ".";
    }

    private String rate(double perMinute) {
        return perMinute >= 1
                ? "за хвилину завершується " + jobs(Math.round(perMinute))
                : "за годину завершується " + jobs(Math.round(60 * perMinute));
    }

    @Override
    public String jobs(long number) {
        return count(number, "завдання", "завдання", "завдань");
    }

    private String about(Duration time) {
        return "приблизно через " + lasting(time);
    }

    @Override
    public String lasting(Duration time) {
        Unit unit = Unit.of(time.toSeconds());
        long count = unit.count(time.toSeconds());
        return switch (unit) {
            case DAY -> count(count, "день", "дні", "днів");
            case HOUR -> count(count, "годину", "години", "годин");
            case MINUTE -> count(count, "хвилину", "хвилини", "хвилин");
            case SECOND -> count(count, "секунду", "секунди", "секунд");
        };
    }

    private static String because(@Nullable String error) {
        return error == null ? "" : ": " + error;
    }

    @Override
    public String at(Instant instant) {
        return instant(instant, months, " року");
    }

    @Override
    public String number(long number) {
        return number(number, NO_BREAK);
    }

    /** CLDR: one for 1, 21, 31 but not 11; few for 2 to 4, 22 to 24 but not 12 to 14; many for all others. */
    private static String count(long number, String one, String few, String many) {
        long ten = number % 10;
        boolean teen = number % 100 / 10 == 1;
        String form = teen || ten == 0 || ten > 4 ? many : ten == 1 ? one : few;
        return number(number, NO_BREAK) + " " + form;
    }
}
