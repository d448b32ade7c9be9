package dev.asyncjob.application.text;

import dev.asyncjob.domain.Explanation;
import dev.asyncjob.domain.JobFacts;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Explanations in English: a number takes one of two forms, for one and for all others. */
final class EnglishText extends ExplanationText {
    private final List<String> months = List.of(
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December");

    @Override
    public String language() {
        return "en";
    }

    @Override
    public String ended(Explanation.Ended reason) {
        return "It ended as " + reason.status() + " on " + at(reason.at()) + because(reason.error()) + "."
                + (reason.retry() == null ? "" : retry(reason.retry().instant()));
    }

    private String retry(@Nullable Instant until) {
        return until == null
                ? " It cannot be retried, since its payload is not kept (work.failed-payload)."
                : " It can be retried until " + at(until) + ".";
    }

    @Override
    public String paused(Explanation.Paused reason) {
        return "The kind " + reason.kind() + " has been paused since "
                + at(reason.pause().since()) + " by " + reason.pause().by()
                + because(reason.pause().reason()) + ".";
    }

    @Override
    public String full(Explanation.Full reason) {
        return count(reason.limit(), "job", "jobs") + " of the kind " + reason.kind()
                + (reason.limit() == 1 ? " is" : " are") + " running, and no more may run at the same time.";
    }

    @Override
    public String planned(Explanation.Planned reason) {
        return "It is not due before " + at(reason.until()) + ", as its producer asked.";
    }

    @Override
    public String resting(Explanation.Resting reason) {
        return "It rests until " + at(reason.until()) + " after attempt " + reason.attempt() + ", which failed"
                + because(reason.error()) + ".";
    }

    @Override
    public String running(Explanation.Running reason) {
        String who = reason.worker() == null
                ? "Attempt " + reason.attempt() + " is running"
                : "Worker " + reason.worker() + " is running attempt " + reason.attempt();
        return who
                + (reason.since() == null ? "" : "; it began on " + at(reason.since()))
                + (reason.renewedAt() == null
                        ? "; its lease"
                        : "; its lease, last renewed on " + at(reason.renewedAt()) + ",")
                + " ends on " + at(reason.leaseUntil()) + " unless it is renewed"
                + (reason.progress() == null ? "" : "; " + percent(reason.progress()) + " % are done") + ".";
    }

    @Override
    public String leaseRanOut(Explanation.LeaseRanOut reason) {
        return "The lease of attempt " + reason.attempt() + " by worker " + reason.worker() + " ran out on "
                + at(reason.at()) + "; the next claim takes the job.";
    }

    @Override
    public String attemptsSpent(Explanation.AttemptsSpent reason) {
        String last = reason.housekeptAt() == null ? "" : ", which last ran on " + at(reason.housekeptAt()) + ",";
        return "The last lease ran out on " + at(reason.at()) + ", and "
                + count(reason.attempts(), "attempt is", "attempts are") + " spent; housekeeping" + last
                + " ends the job.";
    }

    @Override
    public String noWorker(Explanation.NoWorker reason) {
        return reason.askedAt() == null
                ? "No worker is known to have asked for the kind " + reason.kind() + "."
                : "No worker has asked for the kind " + reason.kind() + " since " + at(reason.askedAt()) + ".";
    }

    @Override
    public String locked(Explanation.Locked reason) {
        return "A worker is there, but another transaction has locked the job"
                + (reason.since() == null ? "" : "; it is open since " + at(reason.since())) + ".";
    }

    @Override
    public String waiting(Explanation.Waiting reason) {
        Explanation.Place place = reason.place();
        if (place == null) {
            return "It waits for its turn" + (reason.about() == null ? "" : ", " + about(reason.about())) + ".";
        }
        if (place.before() == 0) {
            return "No job is before it; the next claim takes it.";
        }
        String before = (place.more() ? "More than " : "")
                + count(place.before(), "job of its kind is", "jobs of its kind are") + " before it";
        return reason.about() == null
                ? before + ", and none has ended in the last "
                        + count(JobFacts.RECENTLY.toMinutes(), "minute", "minutes") + "."
                : before + "; " + rate(place.perMinute()) + ", so its turn comes " + about(reason.about()) + ".";
    }

    private static String rate(double perMinute) {
        long minutely = Math.round(perMinute);
        return perMinute >= 1
                ? count(minutely, "ends", "end") + " in a minute"
                : count(Math.round(60 * perMinute), "ends", "end") + " in an hour";
    }

    private String about(Duration time) {
        return "in about " + lasting(time);
    }

    @Override
    public String lasting(Duration time) {
        Unit unit = Unit.of(time.toSeconds());
        String name = unit.name().toLowerCase(Locale.ROOT);
        return count(unit.count(time.toSeconds()), name, name + "s");
    }

    private static String because(@Nullable String error) {
        return error == null ? "" : ": " + error;
    }

    @Override
    public String at(Instant instant) {
        return instant(instant, months, "");
    }

    @Override
    public String number(long number) {
        return number(number, ',');
    }

    @Override
    public String jobs(long number) {
        return count(number, "job", "jobs");
    }

    /** CLDR: one for 1, other for all others. */
    private static String count(long number, String one, String other) {
        return number(number, ',') + " " + (number == 1 ? one : other);
    }
}
