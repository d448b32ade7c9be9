package dev.asyncjob.bootstrap.history;

import static java.util.Comparator.comparingLong;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;

import dev.asyncjob.bootstrap.history.Event.Kind;
import dev.asyncjob.bootstrap.history.Facts.Grant;
import dev.asyncjob.bootstrap.history.Facts.Held;
import dev.asyncjob.bootstrap.history.Facts.Look;
import dev.asyncjob.bootstrap.history.Facts.Settled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Promises 4 and 5 of the contract: one lease of a job at a time, and one outcome, of the newest. */
final class LeaseRules {
    /** Leases are told in whole milliseconds. */
    private static final long SLACK_MILLIS = 3;

    /** A repeated claim may meet a lease that has so long left. */
    private static final long MARGIN_MILLIS = 50;

    private final Facts facts;
    private final Consumer<Violation> violations;
    private final List<Double> gaps = new ArrayList<>();

    LeaseRules(Facts facts, Consumer<Violation> violations) {
        this.facts = facts;
        this.violations = violations;
    }

    void judge() {
        facts.grants.forEach(this::leases);
        facts.of(Kind.CLAIM)
                .filter(claim -> claim.status() == 200)
                .collect(groupingBy(claim -> claim.detail(Event.CLAIM_ID)))
                .values()
                .forEach(this::repeated);
        facts.settled.forEach(this::outcomes);
    }

    /** Returns the seconds from the ends of leases that nobody used further to the next leases of their jobs. */
    List<Double> gaps() {
        return gaps;
    }

    private void broken(Promise promise, String sentence, Event... events) {
        violations.accept(new Violation(promise, sentence, List.of(events)));
    }

    private void leases(String job, List<Grant> all) {
        Map<Long, Grant> first = new HashMap<>();
        for (Grant grant : all) {
            Grant before = first.putIfAbsent(grant.token(), grant);
            if (before != null && !before.claim().equals(grant.claim())) {
                broken(
                        Promise.A_TOKEN_IS_GIVEN_ONCE,
                        "two claims were given the token " + grant.token() + " of the job " + job,
                        before.event(),
                        grant.event());
            }
        }
        List<Grant> inOrder =
                first.values().stream().sorted(comparingLong(Grant::token)).toList();
        for (int i = 1; i < inOrder.size(); i++) {
            successive(job, inOrder.get(i - 1), inOrder.get(i));
        }
        Look end = facts.firstEnd.get(job);
        Event accepted = facts.accepted.get(job);
        for (Grant grant : all) {
            if (end != null && grant.event().began() > end.ended()) {
                broken(
                        Promise.ENDED_IS_NOT_CLAIMED,
                        "the job " + job + " had ended and was claimed",
                        end.event(),
                        grant.event());
            }
            if (accepted != null && grant.granted() < accepted.number(Event.DUE) - SLACK_MILLIS) {
                broken(
                        Promise.CLAIMED_WHEN_DUE,
                        "the job " + job + " was claimed before it was due",
                        accepted,
                        grant.event());
            }
        }
    }

    private void successive(String job, Grant a, Grant b) {
        String tokens = "the tokens %d and %d of the job %s ".formatted(a.token(), b.token(), job);
        if (b.granted() < a.granted() - SLACK_MILLIS) {
            broken(Promise.TOKENS_GROW, tokens + "were granted in another order", a.event(), b.event());
        }
        if (a.event().began() > b.event().ended()) {
            broken(Promise.TOKENS_FOLLOW_REAL_TIME, tokens + "were answered in another order", a.event(), b.event());
        }
        if (b.token() != a.token() + 1) {
            return; // one between was answered to nobody
        }
        long expires = facts.renewed.getOrDefault(new Held(job, a.token()), List.of()).stream()
                .filter(renewal -> renewal.granted() < b.granted())
                .mapToLong(Grant::expires)
                .reduce(a.expires(), Math::max);
        List<Event> used = facts.used(job, a.token());
        boolean settled = used.stream()
                .anyMatch(event ->
                        event.kind() != Kind.RENEW && event.began() < b.event().ended());
        if (b.granted() < expires - SLACK_MILLIS && !settled) {
            broken(
                    Promise.LEASES_DO_NOT_OVERLAP,
                    tokens + "were leased at the same time for " + (expires - b.granted()) + " ms",
                    a.event(),
                    b.event());
        }
        if (!settled && used.stream().allMatch(event -> event.status() == 200)) {
            gaps.add((b.granted() - expires) / 1000.0);
        }
    }

    private void repeated(List<Event> claims) {
        List<Event> inOrder =
                claims.stream().sorted(comparingLong(Event::began)).toList();
        for (int i = 1; i < inOrder.size(); i++) {
            Event first = inOrder.get(i - 1);
            Event second = inOrder.get(i);
            if (second.began() >= first.ended()) {
                compare(first, second);
            }
        }
    }

    private Map<String, Grant> given(Event claim) {
        return facts.grantsOfClaim.getOrDefault(claim.detail(Event.CLAIM_ID), List.of()).stream()
                .filter(grant -> grant.event().equals(claim))
                .collect(toMap(Grant::job, grant -> grant, (a, b) -> a));
    }

    private void compare(Event first, Event second) {
        Map<String, Grant> before = given(first);
        Map<String, Grant> after = given(second);
        boolean anyLasts = false;
        for (Grant grant : before.values()) {
            boolean unused =
                    facts.used(grant.job(), grant.token()).stream().noneMatch(event -> event.began() < second.ended());
            boolean lasts = unused
                    && grant.expires() > facts.wall(second.ended()) + MARGIN_MILLIS
                    && !facts.cancelled.contains(grant.job());
            anyLasts |= lasts;
            Grant again = after.get(grant.job());
            if (lasts && (again == null || again.token() != grant.token() || again.expires() != grant.expires())) {
                broken(
                        Promise.REPEATED_CLAIMS_GET_THE_SAME,
                        "a repeated claim got another lease, or none, of the job " + grant.job(),
                        first,
                        second);
            }
        }
        if (anyLasts && !before.keySet().containsAll(after.keySet())) {
            broken(Promise.REPEATED_CLAIMS_GET_NO_MORE, "a repeated claim got further jobs", first, second);
        }
    }

    private void outcomes(String job, List<Settled> all) {
        all.stream()
                .collect(groupingBy(Settled::token, mapping(Settled::outcome, toSet())))
                .forEach((token, outcomes) -> {
                    if (outcomes.size() > 1) {
                        broken(
                                Promise.ONE_OUTCOME_PER_TOKEN,
                                "the job %s took under its token %d the outcomes %s".formatted(job, token, outcomes));
                    }
                });
        for (Settled settled : all) {
            facts.grants.getOrDefault(job, List.of()).stream()
                    .filter(grant -> grant.token() > settled.token()
                            && grant.event().ended() < settled.event().began())
                    .findFirst()
                    .ifPresent(newer -> broken(
                            Promise.OLD_TOKENS_SETTLE_NOTHING,
                            "the job %s took an outcome under its token %d when %d was out"
                                    .formatted(job, settled.token(), newer.token()),
                            newer.event(),
                            settled.event()));
        }
        Set<Long> ends = all.stream().filter(Settled::ends).map(Settled::token).collect(toSet());
        if (ends.size() > 1) {
            broken(
                    Promise.ONE_TOKEN_ENDS,
                    "the job " + job + " was ended by the tokens " + ends,
                    all.stream().map(Settled::event).toArray(Event[]::new));
        }
    }
}
