package dev.asyncjob.callbacks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.asyncjob.application.spi.CallbackEndpoints;
import dev.asyncjob.application.spi.CallbackEndpoints.Endpoint;
import dev.asyncjob.application.spi.RateLimitedLog;
import dev.asyncjob.application.worker.JobHandler;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;

/**
 * Handles the jobs that deliver callbacks: each attempt is one POST to the endpoint of the client that scheduled the
 * job which has ended. The attempt is repeated by the rules of all jobs until the endpoint answers with a status of 200
 * to 299, which ends the delivery as done. It fails for good when the endpoint answers 410, which disables it, when
 * none is registered and the delivery is five minutes old, and, after its first attempt, when it is older than
 * {@link CallbackSettings#giveUpAfter}.
 *
 * <p>At most {@value #CONCURRENCY} attempts should be made at once: an endpoint occupies 7 of them at most, and one
 * once it has not answered within 5 s. A failure has no words of an endpoint. Safe for use from any thread.
 */
public final class CallbackDeliverer implements JobHandler, AutoCloseable {
    /** Deliveries at once, to all endpoints. */
    public static final int CONCURRENCY = 64;

    /**
     * How old a delivery is when it fails because its client has no endpoint: nodes learn of a new one at different
     * times, and one may be removed and added again.
     */
    static final Duration MAX_UNREGISTERED = Duration.ofMinutes(5);

    private static final Logger LOG = System.getLogger(CallbackDeliverer.class.getName());
    private static final JsonMapper JSON = new JsonMapper();
    private static final Failure BUSY = new Failure("endpoint is busy");
    private static final Failure UNREGISTERED = new Failure("no endpoint is registered");

    private final CallbackEndpoints endpoints;
    private final Duration giveUpAfter;
    private final InstantSource clock;
    private final CallbackSender sender;
    private final EndpointSlots slots;
    private final RateLimitedLog log = new RateLimitedLog(System::nanoTime, message -> LOG.log(Level.WARNING, message));

    /**
     * Sends nothing yet.
     *
     * @param clock that of the store: by it deliveries become too old, and callbacks are signed
     */
    public CallbackDeliverer(CallbackEndpoints endpoints, CallbackSettings settings, InstantSource clock) {
        this(endpoints, settings, clock, new CallbackSender(settings, clock), new EndpointSlots());
    }

    CallbackDeliverer(
            CallbackEndpoints endpoints,
            CallbackSettings settings,
            InstantSource clock,
            CallbackSender sender,
            EndpointSlots slots) {
        this.endpoints = endpoints;
        this.giveUpAfter = settings.giveUpAfter();
        this.clock = clock;
        this.sender = sender;
        this.slots = slots;
    }

    @Override
    public Outcome handle(ClaimedJob delivery) throws InterruptedException {
        Duration age = Duration.between(delivery.job().createdAt(), clock.instant());
        if (age.compareTo(giveUpAfter) >= 0 && delivery.attempts().made() > 1) {
            return failed("not delivered within " + giveUpAfter);
        }
        JsonNode ended;
        Owner client;
        try {
            ended = JSON.readTree(delivery.payload().json());
            client = new Owner(ended.path("client").asText());
        } catch (JsonProcessingException | InvalidValueException e) {
            return failed("this is no callback");
        }
        Optional<Endpoint> endpoint = endpoints.of(client);
        if (endpoint.isEmpty()) {
            return age.compareTo(MAX_UNREGISTERED) < 0 ? Outcome.retry(UNREGISTERED) : Outcome.failed(UNREGISTERED);
        }
        Optional<EndpointSlots.Slot> slot = slots.take(client);
        return slot.isEmpty() ? Outcome.retry(BUSY) : deliver(delivery, ended, client, endpoint.get(), slot.get());
    }

    private Outcome deliver(
            ClaimedJob delivery, JsonNode ended, Owner client, Endpoint endpoint, EndpointSlots.Slot slot)
            throws InterruptedException {
        CallbackSender.Result result;
        boolean answered = false;
        try {
            result = sender.send(endpoint, delivery.job().id().toString(), body(ended));
            answered = result.answered();
        } finally {
            slot.end(answered);
        }
        return switch (result.verdict()) {
            case DELIVERED -> Outcome.completed(delivery.job().links());
            case FAILED -> Outcome.retry(new Failure(result.reason()));
            case REFUSED -> {
                log.accept("no callback is sent to the endpoint of %s: %s".formatted(client, result.reason()));
                yield Outcome.retry(new Failure(result.reason()));
            }
            case GONE -> {
                endpoints.disable(client, endpoint);
                yield failed(result.reason());
            }
        };
    }

    /** What an endpoint reads: not more than that a job has ended, so that its status needs credentials. */
    private static byte[] body(JsonNode ended) {
        ObjectNode body = JSON.createObjectNode().put("type", "job.ended");
        body.set("timestamp", ended.path("endedAt"));
        ObjectNode data = body.putObject("data");
        data.set("id", ended.path("id"));
        data.set("status", ended.path("status"));
        if (ended.hasNonNull("reference")) {
            data.set("reference", ended.get("reference"));
        }
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new AssertionError("a tree can always be written", e);
        }
    }

    private static Outcome failed(String reason) {
        return Outcome.failed(new Failure(Objects.requireNonNull(reason)));
    }

    /** Ends the deliveries that are in flight. */
    @Override
    public void close() {
        sender.close();
    }
}
