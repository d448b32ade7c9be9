package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.asyncjob.callbacks.CallbackDeliverer;
import dev.asyncjob.client.Callback;
import dev.asyncjob.client.CallbackException;
import dev.asyncjob.client.JobState;
import dev.asyncjob.identity.Eventually;
import dev.asyncjob.persistence.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The built server calls the endpoint of a client when its jobs end. */
class CallbackIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String JOB = "{\"kind\":\"mail.send\",\"links\":[{\"entity\":\"shop/mail\"}],"
            + "\"reference\":\"№ 17\",\"callback\":true,\"lease\":{\"worker\":\"w\",\"for\":\"PT10M\"}}";
    private static final String DONE = "{\"token\":1,\"links\":[{\"entity\":\"shop/mail\",\"href\":\"mail/17\"}]}";

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl() {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }

        /** An attempt may take ten seconds; one that the stop ends is made again. */
        @Test
        @Tag("soak")
        void a_stop_waits_two_seconds_for_a_delivery_in_flight() {
            register();
            endpoint.hold();
            try (ServerProcess server = start()) {
                end(server, schedule(server));
                endpoint.next();
                long begin = System.nanoTime();
                assertThat(server.stop()).isZero();
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
            }
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends OnDatabase {
        @Override
        String databaseUrl() {
            return PostgresServer.shared().newDatabase();
        }

        @Test
        void two_nodes_deliver_each_end_once() {
            String secret = register();
            try (ServerProcess one = start();
                    ServerProcess other = start()) {
                List<String> jobs = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    jobs.add(schedule(i % 2 == 0 ? one : other));
                }
                endAll(one, jobs); // so that both nodes claim deliveries at the same moment
                Set<String> called = new HashSet<>();
                Set<String> deliveries = new HashSet<>();
                for (int i = 0; i < jobs.size(); i++) {
                    CalledEndpoint.Call call = endpoint.next();
                    deliveries.add(call.id());
                    called.add(String.valueOf(call.verified(secret).jobId()));
                }
                assertThat(called).containsExactlyInAnyOrderElementsOf(jobs);
                assertThat(deliveries).hasSameSizeAs(jobs);
                jobs.forEach(id -> awaitDelivery(one, id, "DONE"));
                assertThat(endpoint.calls).isEmpty();
            }
        }
    }

    /** What the sandbox may, a server refuses. */
    @Test
    @Tag("soak")
    void plaintext_to_a_loopback_address_is_for_the_sandbox(@TempDir Path folder) throws IOException {
        BlockingQueue<String> called = new LinkedBlockingQueue<>();
        HttpServer plain = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
        plain.createContext("/", exchange -> {
            called.add(String.valueOf(exchange.getRequestHeaders().getFirst("webhook-id")));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        plain.start();
        String url = "http://127.0.0.1:" + plain.getAddress().getPort() + "/ended";
        Map<String, String> environment = Map.of(
                "ASYNCJOB_DB_URL",
                "jdbc:h2:mem:plain",
                "ASYNCJOB_AUTH_CLIENTS_FILE",
                folder.resolve("clients.json").toString(),
                "ASYNCJOB_CALLBACKS_FILE",
                folder.resolve("callbacks.json").toString());
        ServerProcess.Credentials shop =
                ServerProcess.addClient(folder, environment, "shop", "composition:read,job:schedule,job:work");
        for (String client : List.of("shop", "sandbox")) {
            ServerProcess.run(folder, environment, "client", "callback", "add", client, url);
        }
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            HttpResponse<String> accepted = server.post("/jobs", JOB);
            assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
            String id = ServerOnDatabase.idIn(accepted.body());
            assertThat(server.post("/jobs/" + id + "/done", DONE).statusCode()).isEqualTo(200);
            assertThat(called.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isNotNull();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        try (ServerProcess server = ServerProcess.start(folder, "serve", environment)) {
            HttpResponse<String> accepted = server.as(shop, "POST", "/jobs", JOB);
            String id = ServerOnDatabase.idIn(accepted.body());
            assertThat(server.as(shop, "POST", "/jobs/" + id + "/done", DONE).statusCode())
                    .isEqualTo(200);
            Eventually.answer(
                    PATIENCE,
                    server::log,
                    log -> log.contains("no callback is sent to the endpoint of shop: endpoint is not https"));
            assertThat(called).isEmpty();
        } finally {
            plain.stop(0);
        }
    }

    abstract static class OnDatabase extends ServerOnDatabase {
        private ServerProcess.Credentials shop = new ServerProcess.Credentials("", "");
        protected CalledEndpoint endpoint;

        @BeforeEach
        void openEndpoint() {
            endpoint = new CalledEndpoint(folder);
            environment.put(
                    "ASYNCJOB_CALLBACKS_FILE", folder.resolve("callbacks.json").toString());
            environment.put("ASYNCJOB_CALLBACKS_ALLOWED_NETWORKS", "127.0.0.0/8");
            shop = addClient("shop");
        }

        private ServerProcess.Credentials addClient(String name) {
            return addClient(name, "composition:read,job:schedule,job:work");
        }

        @AfterEach
        void closeEndpoint() {
            endpoint.close();
        }

        @Test
        void the_end_of_a_job_survives_kill_9_and_is_delivered_until_the_endpoint_takes_it_or_is_gone() {
            register();
            endpoint.status = 500;
            String id;
            CalledEndpoint.Call refused;
            try (ServerProcess server = start()) {
                id = schedule(server);
                end(server, id);
                refused = endpoint.next();
                server.kill();
            }
            endpoint.move(); // what the killed server has sent may be read only now
            endpoint.status = 200;
            ServerProcess.run(folder, environment, "client", "callback", "remove", "shop");
            String secret = register();
            makeReadable("callbacks.json");
            try (ServerProcess server = start()) {
                CalledEndpoint.Call call = endpoint.next();
                assertThat(call.id()).isEqualTo(refused.id()).isNotEqualTo(id);
                Callback callback = call.verified(secret);
                assertThat(callback.jobId()).isEqualTo(UUID.fromString(id));
                assertThat(callback.status()).isEqualTo(JobState.Status.DONE);
                assertThat(callback.reference()).isEqualTo("№ 17");
                assertThat(callback.type()).isEqualTo(Callback.JOB_ENDED);
                assertThat(status(server, id)).contains("\"doneAt\":\"" + callback.timestamp());
                awaitDelivery(server, id, "DONE");
                assertThat(endpoint.calls).isEmpty();

                assertThat(call.verifiedByConsumer(secret, folder)).isEqualTo("DONE " + id);
                assertThat(server.logWith("callbacks.json: "))
                        .contains("callbacks.json: other users can read the secrets in it (mode 644); 'chmod o-r'");
                rolls(server, secret);
                isGone(server);
                assertThat(server.log()).doesNotContain("whsec_", endpoint.url(), "№ 17");
            }
        }

        private void makeReadable(String file) {
            try {
                Files.setAttribute(folder.resolve(file), "unix:mode", 0644);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        @Test
        @Tag("soak")
        void a_delivery_is_tried_again_on_a_node_that_does_not_know_its_endpoint_yet() {
            register();
            String id;
            try (ServerProcess server = start()) {
                id = schedule(server);
                assertThat(server.stop()).isZero();
            }
            environment.put(
                    "ASYNCJOB_CALLBACKS_FILE", folder.resolve("other.json").toString());
            secretOf("client", "callback", "add", "other", "https://other.example/");
            try (ServerProcess server = start()) {
                end(server, id);
                Eventually.answer(PATIENCE, () -> delivery(server, id), body -> body.contains("\"attempt\":1"));
                String secret = register();
                assertThat(endpoint.next().verified(secret).jobId()).isEqualTo(UUID.fromString(id));
                assertThat(awaitDelivery(server, id, "DONE")).doesNotContain("\"attempt\":1,");
                assertThat(endpoint.calls).isEmpty();
            }
        }

        /** More deliveries to the slow one are due than are made at once. */
        @Test
        @Tag("soak")
        void an_endpoint_that_answers_slowly_delays_no_other() {
            register();
            endpoint.hold();
            ServerProcess.Credentials clinic = addClient("clinic");
            try (CalledEndpoint healthy = endpoint.another()) {
                String secret = secretOf("client", "callback", "add", "clinic", healthy.url());
                try (ServerProcess server = start()) {
                    List<String> slow = Stream.generate(() -> schedule(server))
                            .limit(CallbackDeliverer.CONCURRENCY + 6)
                            .toList();
                    String prompt = schedule(server, clinic);
                    long begin = System.nanoTime();
                    endAll(server, slow);
                    endpoint.next();
                    end(server, clinic, prompt);
                    assertThat(healthy.next().verified(secret).jobId()).isEqualTo(UUID.fromString(prompt));
                    assertThat(Duration.ofNanos(System.nanoTime() - begin))
                            .as("before a delivery to the slow one is over")
                            .isLessThan(Duration.ofSeconds(10));
                    endpoint.release();
                    for (int i = 1; i < slow.size(); i++) {
                        endpoint.next();
                    }
                    slow.forEach(id -> awaitDelivery(server, id, "DONE"));
                }
            }
        }

        void endAll(ServerProcess server, List<String> ids) {
            String outcomes = ids.stream()
                    .map(id -> "{\"id\":\"" + id + "\",\"token\":1,\"done\":{\"links\":[{\"entity\":\"shop/mail\"}]}}")
                    .collect(Collectors.joining(",", "[", "]"));
            assertThat(server.as(shop, "POST", "/jobs/outcomes", outcomes).body())
                    .doesNotContain("\"status\":4");
        }

        /** A server follows within a second; until then it signs with the old secret only. */
        private void rolls(ServerProcess server, String old) {
            String fresh = secretOf("client", "callback", "roll", "shop", "--keep-old", "1h");
            CalledEndpoint.Call both = Eventually.answer(
                    PATIENCE,
                    () -> {
                        end(server, schedule(server));
                        return endpoint.next();
                    },
                    call -> isSignedWith(fresh, call));
            assertThat(isSignedWith(old, both)).isTrue();
        }

        private void isGone(ServerProcess server) {
            endpoint.status = 410;
            String id = schedule(server);
            end(server, id);
            awaitDelivery(server, id, "FAILED");
            assertThat(endpoint.next().id()).isNotEmpty();
            assertThat(endpoint.calls).isEmpty();
            assertThat(ServerProcess.run(folder, environment, "client", "callback", "list")
                            .output())
                    .matches("shop \\Q" + endpoint.url() + "\\E all \\S+ disabled \\S+\n");
            assertThat(server.logWith("callback-disabled"))
                    .contains("\"event\":\"callback-disabled\",\"client\":\"shop\"}");
            HttpResponse<String> refused = server.as(shop, "POST", "/jobs", JOB);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(422);
            assertThat(refused.body()).contains("$.callback");
        }

        private static boolean isSignedWith(String secret, CalledEndpoint.Call call) {
            try {
                return call.verified(secret).jobId() != null;
            } catch (CallbackException e) {
                return false;
            }
        }

        String register() {
            return secretOf("client", "callback", "add", "shop", endpoint.url());
        }

        private String secretOf(String... command) {
            return found(
                    "secret: (whsec_\\S+)",
                    ServerProcess.run(folder, environment, command).output());
        }

        ServerProcess start() {
            return ServerProcess.start(folder, endpoint.trustOptions(), "serve", environment);
        }

        /** Schedules a job that asks for a callback and is leased to its executor. */
        String schedule(ServerProcess server) {
            return schedule(server, shop);
        }

        private static String schedule(ServerProcess server, ServerProcess.Credentials client) {
            HttpResponse<String> accepted = server.as(client, "POST", "/jobs", JOB);
            assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
            return idIn(accepted.body());
        }

        void end(ServerProcess server, String id) {
            end(server, shop, id);
        }

        private static void end(ServerProcess server, ServerProcess.Credentials client, String id) {
            assertThat(server.as(client, "POST", "/jobs/" + id + "/done", DONE).statusCode())
                    .isEqualTo(200);
        }

        private String status(ServerProcess server, String id) {
            return server.as(shop, "GET", "/patients/composition/job/" + id, "").body();
        }

        /** Waits for the end of the delivery, which its client sees in its own list. */
        String awaitDelivery(ServerProcess server, String id, String status) {
            return Eventually.answer(
                    PATIENCE,
                    () -> delivery(server, id),
                    body -> body.contains("\"kind\":\"asyncjob.callback\"") && body.contains("\"status\":\"" + status));
        }

        private String delivery(ServerProcess server, String id) {
            return server.as(shop, "GET", "/jobs?reference=" + id, "").body();
        }
    }
}
