package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.AwaitJobStatus;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.http.Api;
import dev.asyncjob.http.ApiFixture;
import dev.asyncjob.http.JobApi;
import dev.asyncjob.http.JobServer;
import dev.asyncjob.http.RawHttp;
import dev.asyncjob.http.settings.HttpSettings;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DeferredResponsesTest {
    /** A failure that can be neither logged nor answered, as where there is no memory for its text. */
    private static final class Unreadable extends RuntimeException {
        private static final long serialVersionUID = 1;

        @Override
        public synchronized Throwable getCause() {
            throw new OutOfMemoryError("on purpose");
        }
    }

    @Test
    @Timeout(60)
    void a_response_that_cannot_be_made_is_not_taken_for_an_empty_one() {
        CompletableFuture<Optional<JobSnapshot>> never = new CompletableFuture<>();
        never.completeExceptionally(new Unreadable());
        AwaitJobStatus changes = (job, endsWait, wait) -> new AwaitJobStatus.Waiting(never, () -> {});
        HttpSettings settings = HttpSettings.defaults().listeningOn("127.0.0.1", 0);
        Api jobs = new JobApi((reader, id) -> Optional.empty(), changes, ApiFixture::authenticate, settings);
        try (JobServer server = JobServer.start(settings, List.of(jobs), request -> {})) {
            String request = ApiFixture.message("GET", ApiFixture.PATH + ApiFixture.ID, "clinic-a", "Prefer: wait=5");

            assertThat(RawHttp.sendAll(server.port(), request)).isEmpty(); // the connection is closed
        }
    }

    @Test
    @Timeout(60)
    void a_stream_ends_for_its_client_even_if_its_wait_cannot_be_ended() {
        JobSnapshot pending = new JobSnapshot(ApiFixture.pending(ApiFixture.ID, ApiFixture.CLINIC), ApiFixture.CREATED);
        AwaitJobStatus changes = (job, endsWait, wait) ->
                new AwaitJobStatus.Waiting(CompletableFuture.completedFuture(Optional.empty()), () -> {
                    throw new OutOfMemoryError("on purpose");
                });
        HttpSettings settings = HttpSettings.defaults().listeningOn("127.0.0.1", 0);
        Api jobs = new JobApi((reader, id) -> Optional.of(pending), changes, ApiFixture::authenticate, settings);
        try (JobServer server = JobServer.start(settings, List.of(jobs), request -> {})) {
            String request = ApiFixture.message(
                    "GET",
                    ApiFixture.PATH + ApiFixture.ID,
                    "clinic-a",
                    "Accept: text/event-stream",
                    "Connection: close");

            assertThat(RawHttp.sendAll(server.port(), request)).contains("event: status");
        }
    }
}
