package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.persistence.PostgresServer;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The built server with a worker that says more than the status: progress, a message, a result and a code. */
class ExtrasIT {
    private static final String JOB =
            "{\"kind\":\"own.print\",\"links\":[{\"entity\":\"shop/invoice\"}],\"reference\":\"order-17\"}";
    private static final String CLAIM =
            "{\"kinds\":[\"own.print\"],\"max\":1,\"worker\":\"printer-1\",\"lease\":\"PT5M\"}";
    private static final String SAID = "page of the secret patient";
    private static final String ASK = "include=\"progress,result,error,reference\"";
    private static final String RESULT = "{\"pages\":8,\"note\":\"secret result\"}";
    private static final String LINKS = "\"links\":[{\"entity\":\"shop/invoice\",\"href\":\"invoice/7\"}]";

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl() {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends OnDatabase {
        @Override
        String databaseUrl() {
            return PostgresServer.shared().newDatabase();
        }
    }

    abstract static class OnDatabase extends ServerOnDatabase {
        private ServerProcess.Credentials shop = new ServerProcess.Credentials("", "");
        private ServerProcess.Credentials other = shop;
        private ServerProcess.Credentials printer = shop;

        @BeforeEach
        void addClients() {
            environment.put("ASYNCJOB_WORK_EXPECTED_DURATION", "1h"); // no answer changes because the job is overdue
            shop = addClient("shop", "composition:read,job:schedule");
            other = addClient("other", "composition:read");
            printer = addClient("printer", "job:work");
        }

        @Test
        void readers_see_what_the_worker_says_if_they_or_the_service_want_it() throws Exception {
            String done;
            String failed;
            String extended;
            try (ServerProcess server = serve()) {
                done = working(server);
                String plain = read(server, done).body();
                assertThat(plain).endsWith("\"status\":\"PENDING\"}}");
                progressWakesReaders(server, done);
                assertThat(read(server, done).body()).isEqualTo(plain);
                assertThat(server.as(other, "GET", path(done), "", "Prefer", ASK)
                                .statusCode())
                        .isEqualTo(404);

                post(server, done, "done", LINKS + ",\"result\":" + RESULT);
                extended = read(server, done, "Prefer", ASK).body();
                assertThat(extended)
                        .endsWith("\"status\":\"DONE\",\"progress\":75.0,\"message\":\"last " + SAID + "\",\"result\":"
                                + RESULT + ",\"reference\":\"order-17\"}}");
                assertThat(read(server, done).body()).endsWith("\"href\":\"invoice/7\"}],\"status\":\"DONE\"}}");
                assertThat(events(server, done)).contains("\ndata: " + extended + "\n");

                failed = working(server);
                post(server, failed, "failed", "\"error\":\"no paper\",\"retry\":false,\"code\":\"E-12\"");
                assertThat(read(server, failed).body())
                        .endsWith("\"error\":\"no paper\"}],\"status\":\"FAILED\"}}")
                        .doesNotContain("E-12");
                assertThat(server.log()).doesNotContain("secret", "E-12");
                server.kill();
            }
            environment.put("ASYNCJOB_STATUS_EXTRAS", "progress, result, error, reference");
            try (ServerProcess server = serve()) {
                assertThat(read(server, done).body()).isEqualTo(extended);
                assertThat(read(server, done).headers().firstValue("Vary")).contains("Accept, Authorization, api-key");
                assertThat(read(server, failed).body())
                        .endsWith("\"status\":\"FAILED\",\"code\":\"E-12\",\"reference\":\"order-17\"}}");
                assertThat(server.log()).doesNotContain("secret", "E-12");
            }
        }

        /** States three times within a second: the first and the last wake a reader that knows what it has seen. */
        private void progressWakesReaders(ServerProcess server, String id) throws Exception {
            String first = tag(read(server, id, "Prefer", ASK));
            CompletableFuture<HttpResponse<String>> waiting = waiting(server, id, first);
            renew(server, id, 25, "first " + SAID);
            HttpResponse<String> woken = waiting.get(20, TimeUnit.SECONDS);
            assertThat(woken.body())
                    .endsWith("\"status\":\"PENDING\",\"progress\":25.0,\"message\":\"first " + SAID
                            + "\",\"reference\":\"order-17\"}}");
            assertThat(woken.headers().firstValue("Preference-Applied")).contains("wait=20, " + ASK);
            assertThat(woken.headers().firstValue("Vary")).contains("Accept, Authorization, api-key, Prefer");

            CompletableFuture<HttpResponse<String>> next = waiting(server, id, tag(woken));
            renew(server, id, 50, "second " + SAID);
            renew(server, id, 75, "last " + SAID);
            HttpResponse<String> seen = next.get(20, TimeUnit.SECONDS);
            while (!seen.body().contains("last")) { // the second one is seen alone on a slow machine
                seen = waiting(server, id, tag(seen)).get(20, TimeUnit.SECONDS);
            }
            assertThat(seen.body()).contains("\"progress\":75.0,\"message\":\"last " + SAID + "\"");
        }

        private CompletableFuture<HttpResponse<String>> waiting(ServerProcess server, String id, String tag) {
            return CompletableFuture.supplyAsync(
                    () -> read(server, id, "Prefer", "wait=20", "Prefer", ASK, "If-None-Match", tag));
        }

        private String working(ServerProcess server) {
            String id = idIn(server.as(shop, "POST", "/jobs", JOB).body());
            assertThat(server.as(printer, "POST", "/jobs/claims", CLAIM).body()).contains(id);
            return id;
        }

        private void renew(ServerProcess server, String id, int progress, String message) {
            String body = "{\"token\":1,\"progress\":" + progress + ",\"message\":\"" + message + "\"}";
            assertThat(server.as(printer, "PUT", "/jobs/" + id + "/lease", body).statusCode())
                    .isEqualTo(200);
        }

        private void post(ServerProcess server, String id, String what, String fields) {
            HttpResponse<String> answer =
                    server.as(printer, "POST", "/jobs/" + id + "/" + what, "{\"token\":1," + fields + "}");
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            assertThat(answer.body()).doesNotContain("secret", "E-12", "order-17");
        }

        private HttpResponse<String> read(ServerProcess server, String id, String... headers) {
            return server.as(shop, "GET", path(id), "", headers);
        }

        private String events(ServerProcess server, String id) {
            return read(server, id, "Accept", "text/event-stream", "Prefer", ASK)
                    .body();
        }

        private static String path(String id) {
            return "/patients/composition/job/" + id;
        }

        private static String tag(HttpResponse<String> answer) {
            return answer.headers().firstValue("ETag").orElseThrow();
        }
    }
}
