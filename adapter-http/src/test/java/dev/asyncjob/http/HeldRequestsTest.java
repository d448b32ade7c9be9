package dev.asyncjob.http;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.claimed;
import static dev.asyncjob.testkit.Jobs.settle;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.JobUseCases;
import dev.asyncjob.application.StatusWatch;
import dev.asyncjob.application.WaitingClaims;
import dev.asyncjob.application.spi.LocalJobSignals;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.WorkPolicy;
import dev.asyncjob.http.settings.HttpLimits;
import dev.asyncjob.http.settings.HttpSettings;
import dev.asyncjob.testkit.InMemoryJobStore;
import dev.asyncjob.testkit.Jobs;
import dev.asyncjob.testkit.SettableClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How many responses one client can make the server hold, and that a client that has left holds none. */
@Timeout(60)
class HeldRequestsTest {
    private static final int READS = 8;
    private static final int CLAIMS = 2;
    private static final String CLAIM = "{\"kinds\":[\"nothing\"],\"max\":1,\"worker\":\"w\"}";

    private final LocalJobSignals signals = new LocalJobSignals();
    private final InMemoryJobStore store = new InMemoryJobStore(WorkPolicy.defaults(), new SettableClock(), signals);
    private final JobUseCases jobs = JobUseCases.over(store, WorkPolicy.defaults());
    private final StatusWatch watch = new StatusWatch(store, signals);
    private final WaitingClaims claims = new WaitingClaims(jobs, signals);
    private final List<Socket> sockets = new ArrayList<>();
    private JobServer server = server(HttpLimits.defaults().withHeld(READS, CLAIMS));
    private final JobId id = scheduled();

    HeldRequestsTest() {
        watch.start();
        claims.start();
    }

    private JobServer server(HttpLimits limits) {
        HttpSettings settings =
                HttpSettings.defaults().listeningOn("127.0.0.1", 0).withLimits(limits);
        return JobServer.start(
                settings,
                List.of(
                        new JobApi(jobs, watch, ApiFixture::authenticate, settings),
                        new WorkApi(
                                jobs,
                                claims,
                                Jobs::newId,
                                WorkPolicy.defaults().lease(),
                                ApiFixture::authenticate,
                                settings)),
                request -> {});
    }

    private JobId scheduled() {
        NewJob job = NewJob.of(Jobs.newId(), ApiFixture.CLINIC, Jobs.KIND, Jobs.LINKS);
        accepted(store.schedule(job, EXPECTED));
        return job.id();
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        watch.close();
        claims.close();
        server.close();
    }

    private String waitingRead() {
        return ApiFixture.message("GET", ApiFixture.PATH + id, "clinic-a", "Prefer: wait=50");
    }

    private static String waitingClaim(String client) {
        return ApiFixture.message(
                        "POST",
                        "/jobs/claims",
                        client,
                        "Prefer: wait=50",
                        "Content-Type: application/json",
                        "Content-Length: " + CLAIM.length())
                + CLAIM;
    }

    private Socket send(String request) {
        try {
            return connectAndSend(request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Socket connectAndSend(String request) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
        sockets.add(socket);
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return socket;
    }

    private void awaitWaiting(int count) {
        await(() -> watch.waiting() == count);
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - deadline).isNegative();
            Thread.onSpinWait();
        }
    }

    private static String head(Socket socket) throws IOException {
        byte[] bytes = socket.getInputStream().readNBytes(12);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Test
    void a_client_over_its_share_of_held_reads_is_answered_at_once_with_the_present_status() throws IOException {
        for (int i = 0; i < READS; i++) {
            send(waitingRead());
        }
        awaitWaiting(READS);

        RawHttp.Answer over = RawHttp.send(server.port(), waitingRead());

        assertThat(over.status()).isEqualTo(200);
        assertThat(over.text()).contains("PENDING");
        assertThat(over.header("Preference-Applied")).contains("wait=0");
        assertThat(over.header("Retry-After")).isPresent();
        assertThat(watch.waiting()).isEqualTo(READS);

        settle(store, claimed(store, id), Jobs.DONE);
        for (Socket socket : sockets) {
            assertThat(head(socket)).isEqualTo("HTTP/1.1 200");
        }
    }

    @Test
    void a_worker_over_its_share_of_held_claims_is_answered_at_once() throws IOException {
        List<Socket> held = new ArrayList<>();
        for (int i = 0; i < CLAIMS; i++) {
            held.add(send(waitingClaim("worker")));
        }
        RawHttp.Answer over = null;
        do { // the first ones may not have arrived yet
            for (int i = 0; i < CLAIMS; i++) {
                if (isAnswered(held.get(i))) { // this one took its place
                    held.set(i, send(waitingClaim("worker")));
                }
            }
            Socket last = send(waitingClaim("worker").replace("wait=50", "wait=1"));
            over = answer(last);
        } while (!over.header("Preference-Applied").orElseThrow().equals("wait=0"));

        assertThat(over.status()).isEqualTo(200);
        assertThat(over.text()).isEqualTo("{\"data\":[]}");
        assertThat(over.header("Retry-After")).contains("1");

        accepted(store.schedule(
                NewJob.of(Jobs.newId(), ApiFixture.CLINIC, new JobKind("nothing"), Jobs.LINKS), EXPECTED));
        await(() -> held.stream().anyMatch(HeldRequestsTest::isAnswered));
    }

    @Test
    void requests_that_are_answered_at_once_take_no_share() {
        settle(store, claimed(store, id), Jobs.DONE);
        for (int i = 0; i < 2 * READS; i++) {
            assertThat(RawHttp.send(server.port(), waitingRead()).header("Preference-Applied"))
                    .contains("wait=50");
        }
        for (int i = 0; i < 2 * CLAIMS; i++) {
            accepted(store.schedule(
                    NewJob.of(Jobs.newId(), ApiFixture.CLINIC, new JobKind("nothing"), Jobs.LINKS), EXPECTED));
            RawHttp.Answer claim = RawHttp.send(server.port(), waitingClaim("worker"));
            assertThat(claim.text()).contains("\"token\"");
            assertThat(claim.header("Preference-Applied")).contains("wait=50");
        }
    }

    private static boolean isAnswered(Socket socket) {
        try {
            return socket.getInputStream().available() > 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RawHttp.Answer answer(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        List<String> lines = head.toString().lines().toList();
        RawHttp.Answer bare = new RawHttp.Answer(Integer.parseInt(lines.get(0).substring(9, 12)), lines, "");
        int length = Integer.parseInt(bare.header("Content-Length").orElseThrow());
        byte[] body = socket.getInputStream().readNBytes(length);
        return new RawHttp.Answer(bare.status(), lines, new String(body, StandardCharsets.UTF_8));
    }

    @Test
    void held_requests_of_one_kind_take_a_quarter_of_the_connections_at_most() throws IOException {
        server.close();
        server = server(HttpLimits.defaults().withConnections(12, 12));
        for (int i = 0; i < 3; i++) {
            send(waitingRead());
        }
        awaitWaiting(3);

        assertThat(answer(send(waitingRead())).header("Preference-Applied")).contains("wait=0");
    }

    @Test
    @Tag("soak")
    void a_thousand_clients_that_leave_give_their_places_back() throws IOException {
        for (int round = 0; round < 1_000 / READS; round++) {
            List<Socket> held = new ArrayList<>();
            for (int i = 0; i < READS; i++) {
                held.add(send(waitingRead()));
            }
            await(
                    () -> { // a place is free a moment after its read has left
                        for (int i = 0; i < READS; i++) {
                            if (isAnswered(held.get(i))) {
                                held.set(i, send(waitingRead()));
                            }
                        }
                        return watch.waiting() == READS;
                    });
            for (Socket socket : held) {
                socket.close();
            }
            awaitWaiting(0);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 400, 4_000})
    void a_client_that_leaves_after_a_part_of_its_next_request_gives_its_place_back(int bytes) throws IOException {
        Socket socket = send(waitingRead());
        awaitWaiting(1);
        socket.getOutputStream().write("G".repeat(bytes).getBytes(StandardCharsets.US_ASCII));
        socket.close();

        awaitWaiting(0);
    }

    @Test
    void a_client_that_leaves_after_two_requests_at_once_gives_its_place_back() throws IOException {
        send(waitingRead() + "G").close();
        send(waitingRead() + waitingRead()).close();

        awaitWaiting(0);
        settle(store, claimed(store, id), Jobs.DONE);
        assertThat(RawHttp.send(server.port(), waitingRead()).text()).contains("DONE");
    }

    @Test
    void a_request_that_arrives_in_parts_behind_a_held_one_is_answered_after_it() throws IOException {
        String next = ApiFixture.message("GET", ApiFixture.PATH + ApiFixture.MISSING_ID, "clinic-a");
        Socket socket = send(waitingRead());
        awaitWaiting(1);
        for (int from = 0; from < next.length(); from += 40) {
            socket.getOutputStream()
                    .write(next.substring(from, Math.min(from + 40, next.length()))
                            .getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(watch.waiting()).isEqualTo(1);

        settle(store, claimed(store, id), Jobs.DONE);

        assertThat(answer(socket).text()).contains("DONE");
        assertThat(answer(socket).status()).isEqualTo(404);
    }
}
