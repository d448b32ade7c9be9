package dev.asyncjob.client;

import java.util.List;

/** What a worker reports of an attempt at a job (contract section 2). Immutable; the server validates the values. */
public final class Outcome {
    private final String route;
    private final String fields;

    private Outcome(String route, String fields) {
        this.route = route;
        this.fields = fields;
    }

    /** The work is done; its result is one resource. */
    public static Outcome completed(String entity, String href) {
        return completed(List.of(new JobState.Link(entity, href, null)));
    }

    /** The work is done; the links, at least one, lead to its result. Their errors are left out. */
    public static Outcome completed(List<JobState.Link> result) {
        return new Outcome("done", "\"links\":" + JobRequest.json(result));
    }

    /** The work cannot be done, now or later; the owner of the job reads the reason, of 1 to 1,024 characters. */
    public static Outcome failed(String error) {
        return failed(error, false);
    }

    /** This attempt failed, and another one may succeed; the owner reads the reason if no attempt is left. */
    public static Outcome retry(String error) {
        return failed(error, true);
    }

    /**
     * The same with a small result, which clients read with the status if they ask for it.
     *
     * @param json any JSON value but null, of 16 KiB at most unless the server allows more
     * @throws IllegalArgumentException if this is no completion, or {@code json} is not JSON
     */
    public Outcome withResult(String json) {
        ClientSettings.require(route.equals("done"), "only what is completed has a result");
        ClientSettings.require(Json.parse(json) != null, "a result must not be null");
        return new Outcome(route, fields + ",\"result\":" + json);
    }

    /**
     * The same with a code of 1 to 64 letters, digits and {@code _ . -} beside the reason.
     *
     * @throws IllegalArgumentException if this is no failure
     */
    public Outcome withCode(String code) {
        ClientSettings.require(route.equals("failed"), "only what has failed has a code");
        return new Outcome(route, fields + ",\"code\":" + Json.text(code));
    }

    /**
     * The same with what operators read of the attempt instead of the reason, and owners never.
     *
     * @param detail of 1 to 1,024 characters
     * @throws IllegalArgumentException if this is no failure
     */
    public Outcome withDetail(String detail) {
        ClientSettings.require(route.equals("failed"), "only what has failed has a detail");
        return new Outcome(route, fields + ",\"detail\":" + Json.text(detail));
    }

    private static Outcome failed(String error, boolean retry) {
        return new Outcome("failed", "\"error\":" + Json.text(error) + ",\"retry\":" + retry);
    }

    /** Whether the work is done; otherwise the attempt failed. */
    public boolean isCompleted() {
        return route.equals("done");
    }

    /** The last part of the path to which it is sent. */
    String route() {
        return route;
    }

    String json(long token) {
        return "{\"token\":" + token + "," + fields + "}";
    }
}
