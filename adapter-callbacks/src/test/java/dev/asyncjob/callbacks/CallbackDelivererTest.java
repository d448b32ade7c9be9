package dev.asyncjob.callbacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.spi.CallbackEndpoints;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.Attempts;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Eta;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Lease;
import dev.asyncjob.domain.LeaseToken;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ResourceLink;
import dev.asyncjob.domain.ResourceLinks;
import dev.asyncjob.domain.WorkerId;
import dev.asyncjob.testkit.RecordedLog;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CallbackDelivererTest {
    private static final Instant NOW = Instant.parse("2026-11-29T12:00:00Z");
    private static final String ID = "01a20a7f-0000-7000-8000-000000000001";
    private static final String ENDED = "{\"client\":\"shop\",\"id\":\"01a20a7f-0000-7000-8000-00000000000e\","
            + "\"status\":\"DONE\",\"endedAt\":\"2026-11-29T11:59:59.123Z\"%s}";
    private static final ResourceLinks LINKS = ResourceLinks.of(new ResourceLink("asyncjob/callback", "jobs/x"));
    private static final Owner SHOP = new Owner("shop");
    private static final Duration PATIENCE = Duration.ofSeconds(50);
    private static final CallbackSettings LOOPBACK =
            CallbackSettings.defaults().withAllowedNetworks(List.of("127.0.0.0/8"));

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final Registered endpoints = new Registered();

    @AfterEach
    void close() throws Exception {
        end.countDown();
        for (AutoCloseable resource : opened) {
            resource.close();
        }
    }

    @Test
    void a_job_that_has_ended_is_delivered_under_the_id_of_the_delivery() throws Exception {
        TestEndpoint endpoint = register("shop", TestEndpoint.status(200));
        assertThat(deliverer(LOOPBACK).handle(delivery(""))).isEqualTo(Outcome.completed(LINKS));
        TestEndpoint.Received request = endpoint.next();
        assertThat(request.header("webhook-id")).isEqualTo(ID);
        assertThat(request.body())
                .isEqualTo("{\"type\":\"job.ended\",\"timestamp\":\"2026-11-29T11:59:59.123Z\",\"data\":{\"id\":"
                        + "\"01a20a7f-0000-7000-8000-00000000000e\",\"status\":\"DONE\"}}");
    }

    @Test
    void a_reference_is_delivered_too_in_utf8() throws Exception {
        TestEndpoint endpoint = register("shop", TestEndpoint.status(200));
        assertThat(deliverer(LOOPBACK).handle(delivery(",\"reference\":\"№ 17 \\\"x\\\"\"")))
                .isEqualTo(Outcome.completed(LINKS));
        assertThat(new String(endpoint.next().body().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8))
                .endsWith("\"status\":\"DONE\",\"reference\":\"№ 17 \\\"x\\\"\"}}");
    }

    @Test
    void another_attempt_follows_a_failure() throws Exception {
        register("shop", TestEndpoint.status(503));
        assertThat(deliverer(LOOPBACK).handle(delivery("")))
                .isEqualTo(Outcome.retry(new Failure("endpoint answered 503")));
    }

    @Test
    void an_endpoint_that_answers_410_is_disabled_and_the_delivery_fails() throws Exception {
        register("shop", TestEndpoint.status(410));
        CallbackEndpoints.Endpoint gone = endpoints.of(SHOP).orElseThrow();
        CallbackDeliverer deliverer = deliverer(LOOPBACK);
        assertThat(deliverer.handle(delivery(""))).isEqualTo(Outcome.failed(new Failure("endpoint answered 410")));
        assertThat(endpoints.disabled).containsExactly(Map.entry(SHOP, gone));
        assertThat(deliverer.handle(delivery(""))).isEqualTo(Outcome.retry(new Failure("no endpoint is registered")));
    }

    /** This node may not have read yet what another one has, and an endpoint may be removed and added again. */
    @Test
    void a_delivery_without_an_endpoint_is_tried_again_for_five_minutes() throws Exception {
        CallbackDeliverer deliverer = deliverer(LOOPBACK);
        Instant fiveMinutesAgo = NOW.minus(Duration.ofMinutes(5));
        Failure reason = new Failure("no endpoint is registered");
        assertThat(deliverer.handle(delivery(ENDED.formatted(""), fiveMinutesAgo.plusMillis(1))))
                .isEqualTo(Outcome.retry(reason));
        assertThat(deliverer.handle(delivery(ENDED.formatted(""), fiveMinutesAgo)))
                .isEqualTo(Outcome.failed(reason));
    }

    @Test
    void a_delivery_that_is_too_old_is_given_up_without_another_attempt() throws Exception {
        TestEndpoint endpoint = register("shop", TestEndpoint.status(200));
        CallbackDeliverer deliverer = deliverer(LOOPBACK.withGiveUpAfter(Duration.ofHours(1)));
        ClaimedJob old = again(delivery(ENDED.formatted(""), NOW.minus(Duration.ofHours(1))));
        assertThat(deliverer.handle(old)).isEqualTo(Outcome.failed(new Failure("not delivered within PT1H")));
        assertThat(endpoint.accepted).hasValue(0);
        ClaimedJob younger = again(
                delivery(ENDED.formatted(""), NOW.minus(Duration.ofHours(1)).plusMillis(1)));
        assertThat(deliverer.handle(younger)).isEqualTo(Outcome.completed(LINKS));
    }

    @Test
    void a_delivery_that_was_never_tried_is_tried_once_whatever_its_age() throws Exception {
        register("shop", TestEndpoint.status(200));
        CallbackDeliverer deliverer = deliverer(LOOPBACK);
        assertThat(deliverer.handle(delivery(ENDED.formatted(""), NOW.minus(Duration.ofDays(30)))))
                .isEqualTo(Outcome.completed(LINKS));
    }

    @Test
    void a_job_that_is_no_callback_fails() throws Exception {
        CallbackDeliverer deliverer = deliverer(LOOPBACK);
        for (String payload : List.of("null", "{", "{\"client\":\"\"}", "[]", "{\"client\":\"два\"}")) {
            assertThat(deliverer.handle(delivery(payload, NOW)))
                    .isEqualTo(Outcome.failed(new Failure("this is no callback")));
        }
    }

    @Test
    void an_endpoint_that_may_not_be_called_is_logged_once_a_minute_without_its_url() throws Exception {
        try (RecordedLog log = new RecordedLog(CallbackDeliverer.class.getName())) {
            register("shop", TestEndpoint.status(200));
            CallbackDeliverer deliverer = deliverer(CallbackSettings.defaults());
            for (int i = 0; i < 3; i++) {
                assertThat(deliverer.handle(delivery("")))
                        .isEqualTo(Outcome.retry(new Failure("address is not allowed")));
            }
            assertThat(log.lines())
                    .containsExactly("no callback is sent to the endpoint of shop: address is not allowed");
        }
    }

    @Test
    void a_dead_endpoint_delays_no_other() throws Exception {
        CountDownLatch arrived = new CountDownLatch(EndpointSlots.MAX_IN_FLIGHT);
        TestEndpoint dead = register("shop", (out, connection) -> {
            arrived.countDown();
            end.await();
        });
        register("other", TestEndpoint.status(200));
        CallbackDeliverer deliverer = deliverer(LOOPBACK);
        ExecutorService threads = Executors.newFixedThreadPool(CallbackDeliverer.CONCURRENCY);
        opened.add(threads::shutdownNow);
        List<Future<Outcome>> deliveries = new ArrayList<>();
        for (int i = 0; i < CallbackDeliverer.CONCURRENCY; i++) {
            deliveries.add(threads.submit(() -> deliverer.handle(delivery(""))));
        }
        assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
        Future<Outcome> other = threads.submit(() -> deliverer.handle(deliveryTo("other")));
        assertThat(other.get(5, TimeUnit.SECONDS)).isEqualTo(Outcome.completed(LINKS));
        while (deliveries.stream().filter(Future::isDone).count()
                < CallbackDeliverer.CONCURRENCY - EndpointSlots.MAX_IN_FLIGHT) {
            TestEndpoint.pause();
        }
        for (Future<Outcome> delivery :
                deliveries.stream().filter(Future::isDone).toList()) {
            assertThat(delivery.get()).isEqualTo(Outcome.retry(new Failure("endpoint is busy")));
        }
        assertThat(dead.accepted).hasValue(EndpointSlots.MAX_IN_FLIGHT);
    }

    /** Known as slow, each has one thread, so that others are left. */
    @Test
    void many_slow_endpoints_that_do_answer_delay_no_other() throws Exception {
        int count = CallbackDeliverer.CONCURRENCY / EndpointSlots.MAX_IN_FLIGHT + 3;
        Queue<CountDownLatch> held = new ConcurrentLinkedQueue<>(); // of the requests that wait for an answer
        List<String> slow = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            slow.add("slow-" + i);
            register("slow-" + i, (out, connection) -> {
                CountDownLatch answer = new CountDownLatch(1);
                held.add(answer);
                answer.await();
                TestEndpoint.status(200).write(out, connection);
            });
        }
        register("other", TestEndpoint.status(200));
        AtomicLong nanoTime = new AtomicLong();
        CallbackDeliverer deliverer =
                deliverer(LOOPBACK, PATIENCE, new EndpointSlots(Duration.ofMillis(50), nanoTime::get));
        ExecutorService threads = Executors.newFixedThreadPool(CallbackDeliverer.CONCURRENCY);
        opened.add(threads::shutdownNow);
        List<Future<Outcome>> first = new ArrayList<>();
        for (String client : slow) {
            first.add(threads.submit(() -> deliverer.handle(deliveryTo(client))));
        }
        awaitSize(held, count);
        nanoTime.addAndGet(EndpointSlots.SLOW.toNanos() + 1);
        held.forEach(CountDownLatch::countDown);
        for (Future<Outcome> delivery : first) {
            assertThat(delivery.get()).isEqualTo(Outcome.completed(LINKS));
        }
        held.clear();
        for (int i = 0; i < EndpointSlots.MAX_IN_FLIGHT; i++) {
            for (String client : slow) {
                var unused = threads.submit(() -> deliverer.handle(deliveryTo(client)));
            }
        }
        Future<Outcome> other = threads.submit(() -> deliverer.handle(deliveryTo("other")));
        assertThat(other.get(20, TimeUnit.SECONDS)).isEqualTo(Outcome.completed(LINKS));
        awaitSize(held, count);
        assertThat(held).hasSize(count);
    }

    private static void awaitSize(Queue<?> queue, int size) throws InterruptedException {
        while (queue.size() < size) {
            TestEndpoint.pause();
        }
    }

    private TestEndpoint register(String client, TestEndpoint.Answer answer) {
        TestEndpoint endpoint = TestEndpoint.https(answer);
        opened.add(endpoint);
        endpoints.all.put(new Owner(client), endpoint.endpoint());
        return endpoint;
    }

    private CallbackDeliverer deliverer(CallbackSettings settings) {
        return deliverer(settings, CallbackSender.LIMIT, new EndpointSlots(Duration.ofMillis(50), System::nanoTime));
    }

    private CallbackDeliverer deliverer(CallbackSettings settings, Duration limit, EndpointSlots slots) {
        CallbackSender sender = new CallbackSender(
                settings,
                () -> NOW,
                limit,
                name -> List.of(InetAddress.getAllByName("127.0.0.1")),
                TestEndpoint.trust());
        CallbackDeliverer deliverer = new CallbackDeliverer(endpoints, settings, () -> NOW, sender, slots);
        opened.add(deliverer);
        return deliverer;
    }

    private static ClaimedJob deliveryTo(String client) {
        return delivery(ENDED.formatted("").replace("\"shop\"", "\"" + client + "\""), NOW);
    }

    /** The same in its second attempt. */
    private static ClaimedJob again(ClaimedJob delivery) {
        return new ClaimedJob(delivery.job(), new Attempts(2, 100), delivery.lease(), delivery.payload());
    }

    private static ClaimedJob delivery(String more) {
        return delivery(ENDED.formatted(more), NOW.minusSeconds(1));
    }

    private static ClaimedJob delivery(String payload, Instant createdAt) {
        AsyncJob.Pending job = new AsyncJob.Pending(
                JobId.parse(ID),
                SHOP,
                new JobKind("asyncjob.callback"),
                LINKS,
                createdAt,
                Eta.after(createdAt, Duration.ofSeconds(1)));
        Lease lease = new Lease(LeaseToken.FIRST, new WorkerId("callbacks"), NOW.plusSeconds(30));
        return new ClaimedJob(job, new Attempts(1, 100), lease, new Payload(payload));
    }

    /** The endpoints of a test. */
    private static final class Registered implements CallbackEndpoints {
        final Map<Owner, Endpoint> all = new ConcurrentHashMap<>();
        final Map<Owner, Endpoint> disabled = new HashMap<>();

        @Override
        public Optional<Endpoint> of(Owner client) {
            return Optional.ofNullable(all.get(client));
        }

        @Override
        public void disable(Owner client, Endpoint gone) {
            disabled.put(client, gone);
            all.remove(client, gone);
        }
    }
}
