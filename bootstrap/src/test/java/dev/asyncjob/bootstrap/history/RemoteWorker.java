package dev.asyncjob.bootstrap.history;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.bootstrap.history.Event.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Claims jobs over HTTP, some twice under the same id, renews some leases and settles. Now and then it dies with its
 * jobs, comes when its leases have ended, repeats an outcome, or sends another one.
 */
final class RemoteWorker {
    private static final int TRIES = 12;

    private final Load load;
    private final Caller caller;
    private final SplittableRandom dice;

    RemoteWorker(Load load, Caller caller, SplittableRandom dice) {
        this.load = load;
        this.caller = caller;
        this.dice = dice;
    }

    private boolean happens(double probability) {
        return dice.nextDouble() < probability;
    }

    void run() {
        int lease = 1 + dice.nextInt(3);
        Request claim = claim(lease);
        int wait = List.of(0, 1, 3).get(dice.nextInt(3));
        List<JsonNode> jobs = claimed(claim.waiting(wait));
        if (jobs.isEmpty()) {
            load.pace(dice, 0.05);
            return;
        }
        if (happens(0.15)) {
            caller.call(claim);
        }
        if (!load.isDraining() && happens(0.04)) {
            return; // dies with its jobs
        }
        load.pause(!load.isDraining() && happens(0.06) ? lease + dice.nextDouble(2) : dice.nextDouble(0.1));
        if (jobs.size() > 1 && happens(0.2)) {
            outcomes(jobs);
        } else {
            jobs.forEach(this::work);
        }
    }

    private Request claim(int lease) {
        String id = UUID.randomUUID().toString();
        int max = List.of(1, 3, 8).get(dice.nextInt(3));
        String body = "{\"kinds\":[\"%s\"],\"max\":%d,\"lease\":\"PT%dS\",\"worker\":\"w\",\"claimId\":\"%s\"}"
                .formatted(Load.KIND, max, lease, id);
        return Request.of(Kind.CLAIM, "POST", "/jobs/claims", body)
                .detail(Event.CLAIM_ID, id)
                .detail(Event.LEASE, Integer.toString(lease));
    }

    private List<JsonNode> claimed(Request claim) {
        List<JsonNode> jobs = new ArrayList<>();
        sent(claim, TRIES).data().forEach(jobs::add);
        return jobs;
    }

    /** Sends a request until it is answered with something else than 503. */
    private Event sent(Request request, int tries) {
        Event event = caller.call(request);
        for (int i = 1; i < tries && (event.status() == 0 || event.status() == 503) && !load.isStopped(); i++) {
            load.pause(0.15);
            event = caller.call(request);
        }
        return event.status() == 200 ? event : event.withAnswer(null);
    }

    private static long token(JsonNode job) {
        return job.path("lease").path("token").asLong();
    }

    private void work(JsonNode job) {
        String id = job.path("id").asText();
        long token = token(job);
        if (happens(0.2)) {
            Request renewal = Request.of(
                            Kind.RENEW,
                            "PUT",
                            "/jobs/" + id + "/lease",
                            "{\"token\":%d,\"lease\":\"PT2S\",\"progress\":%d}".formatted(token, dice.nextInt(99)))
                    .about(id, token)
                    .detail(Event.LEASE, "2");
            if (caller.call(renewal).status() == 409) {
                return;
            }
        }
        Request outcome = outcome(job, id, token);
        sent(outcome, TRIES);
        if (happens(0.08)) {
            caller.call(done(job, "other/" + dice.nextInt(1000)));
        }
        if (happens(0.08)) {
            caller.call(outcome);
        }
    }

    private Request outcome(JsonNode job, String id, long token) {
        double which = dice.nextDouble();
        if (which < 0.1 && !load.isDraining()) {
            return settle(id, token, "failed", "{\"token\":%d,\"error\":\"again\",\"retry\":true}".formatted(token))
                    .detail(Event.RETRY, "true");
        }
        if (which < 0.2) {
            return settle(
                    id, token, "failed", "{\"token\":%d,\"error\":\"for good\",\"retry\":false}".formatted(token));
        }
        return done(job, "result/" + token);
    }

    private static Request done(JsonNode job, String href) {
        String body = "{\"token\":%d,%s}".formatted(token(job), links(job, href));
        return settle(job.path("id").asText(), token(job), "done", body);
    }

    /** Returns links that name the key of a job, as those of its schedule do. */
    private static String links(JsonNode job, String href) {
        return "\"links\":[{\"entity\":\"shop/%s\",\"href\":\"%s\"}]"
                .formatted(job.path("payload").path("key").asText(), href);
    }

    private static Request settle(String id, long token, String how, String body) {
        return Request.of(Kind.SETTLE, "POST", "/jobs/" + id + "/" + how, body)
                .about(id, token)
                .detail(Event.OUTCOME, body);
    }

    private void outcomes(List<JsonNode> jobs) {
        List<JsonNode> left = new ArrayList<>(jobs);
        for (int i = 0; i < TRIES && !left.isEmpty() && !load.isStopped(); i++) {
            String body = left.stream().map(RemoteWorker::entry).collect(Collectors.joining(",", "[", "]"));
            Event event = sent(
                    Request.of(Kind.OUTCOMES, "POST", "/jobs/outcomes", body).detail(Event.SENT, body), TRIES);
            if (event.status() != 200) {
                return;
            }
            List<JsonNode> unavailable = new ArrayList<>();
            for (int k = 0; k < left.size(); k++) {
                if (event.data().path(k).path("code").asInt() == 503) {
                    unavailable.add(left.get(k));
                }
            }
            left = unavailable;
            load.pause(0.15);
        }
    }

    private static String entry(JsonNode job) {
        return "{\"id\":\"%s\",\"token\":%d,\"done\":{%s}}"
                .formatted(job.path("id").asText(), token(job), links(job, "batch/" + token(job)));
    }
}
