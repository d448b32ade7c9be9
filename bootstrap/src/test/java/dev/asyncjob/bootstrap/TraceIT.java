package dev.asyncjob.bootstrap;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.client.ClaimedJob;
import dev.asyncjob.client.ClientSettings;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.client.JobRequest;
import dev.asyncjob.client.JobState;
import dev.asyncjob.client.Outcome;
import dev.asyncjob.client.RemoteWorker;
import dev.asyncjob.client.RemoteWorkerSettings;
import dev.asyncjob.persistence.PostgresServer;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The trace of a request goes through the built server to the handler of its job. */
class TraceIT {
    private static final String TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
    private static final JobRequest.Trace TRACE =
            new JobRequest.Trace("00-" + TRACE_ID + "-b7ad6b7169203331-01", "congo=t61rcWkgMzE");

    @Nested
    class OnH2 extends OnDatabase {
        @Override
        String databaseUrl() {
            return "jdbc:h2:file:" + folder.resolve("jobs");
        }

        @Test
        void a_trace_goes_from_the_request_to_the_handler_and_is_in_the_log() throws Exception {
            addClients();
            try (ServerProcess node = serve()) {
                assertTraced(node, node);
            }
        }
    }

    @Nested
    @Tag("soak")
    class OnPostgres extends OnDatabase {
        private final String url = PostgresServer.shared().newDatabase();

        @Override
        String databaseUrl() {
            return url;
        }

        @Test
        void a_trace_goes_from_the_request_to_the_handler_on_another_node() throws Exception {
            addClients();
            try (ServerProcess node = serve();
                    ServerProcess other = serve()) {
                assertTraced(node, other);
            }
        }
    }

    abstract static class OnDatabase extends ServerOnDatabase {
        private ServerProcess.Credentials shop = new ServerProcess.Credentials("", "");
        private ServerProcess.Credentials printer = shop;

        void addClients() {
            shop = addClient("shop", "job:schedule,composition:read");
            printer = addClient("printer", "job:work");
        }

        void assertTraced(ServerProcess producing, ServerProcess working) throws Exception {
            BlockingQueue<ClaimedJob> handled = new LinkedBlockingQueue<>();
            JobClient producer = client(producing, shop);
            RemoteWorker worker = new RemoteWorker(
                    client(working, printer),
                    Map.of("mail", job -> {
                        handled.add(job);
                        return job.attempt() == 1 ? Outcome.retry("later") : Outcome.completed("a/b", "b");
                    }),
                    RemoteWorkerSettings.named("printer"));
            try (worker) {
                worker.start();
                JobState traced = producer.schedule(JobRequest.of("mail", "a/b").withTrace(TRACE))
                        .get(30, SECONDS);
                assertThat(producer.await(traced.id()).get(60, SECONDS).status())
                        .isEqualTo(JobState.Status.DONE);
                assertThat(handled)
                        .hasSize(2)
                        .allSatisfy(job -> assertThat(job.trace()).isEqualTo(TRACE));
                handled.clear();
                JobState other = producer.schedule(JobRequest.of("mail", "a/b")).get(30, SECONDS);
                ClaimedJob untraced = handled.poll(30, SECONDS);
                assertThat(untraced).isNotNull();
                assertThat(untraced.id()).isEqualTo(other.id());
                assertThat(untraced.trace()).isNull();
                String fields =
                        "\"job\":\"" + traced.id() + "\",\"trace_id\":\"" + TRACE_ID + "\",\"route\":\"POST /jobs";
                assertThat(producing.logWith(fields + "\"")).contains(fields + "\"");
                String[] settled = {fields + "/{id}/failed\"", fields + "/{id}/done\""};
                assertThat(working.logWith(settled)).contains(settled);
            }
        }

        private static JobClient client(ServerProcess node, ServerProcess.Credentials credentials) {
            return new JobClient(ClientSettings.of(URI.create(node.url()), credentials.token(), credentials.apiKey()));
        }
    }
}
