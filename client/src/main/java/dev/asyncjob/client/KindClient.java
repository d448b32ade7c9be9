package dev.asyncjob.client;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads and changes what is set for kinds, with the scope {@code job:admin}; to read, {@code job:read-all} is enough.
 * Requests are repeated and fail as those of {@link JobClient}; a change that is repeated changes nothing more. Safe
 * for use from any thread.
 */
public final class KindClient {
    private final ClientSettings settings;
    private final Requests requests;

    /** Sends nothing yet. */
    public KindClient(ClientSettings settings) {
        this.settings = settings;
        this.requests = new Requests(settings);
    }

    /** Reads what is set for each kind, in the order of their names. */
    public CompletableFuture<List<KindState>> kinds() {
        HttpRequest.Builder request =
                requests.to(settings.at("/kinds"), Duration.ZERO).GET();
        return requests.call(
                token -> requests.send(request, token, 1),
                response -> Optional.of(Requests.read(response, KindState::several)));
    }

    /**
     * Pauses a kind, so that no worker gets a job of it; one that is paused keeps its pause as it is.
     *
     * @param reason why, 1 to 200 characters; null for none
     */
    public CompletableFuture<KindState> pause(String kind, @Nullable String reason) {
        Map<String, @Nullable String> body = new LinkedHashMap<>();
        body.put("reason", reason == null ? null : Json.text(reason));
        return put(of(kind, "/pause"), Json.object(body));
    }

    /** Ends the pause of a kind. */
    public CompletableFuture<KindState> resume(String kind) {
        return delete(of(kind, "/pause"));
    }

    /** Limits how many jobs of a kind run at the same time: 1 to 100,000. */
    public CompletableFuture<KindState> limit(String kind, int running) {
        return put(of(kind, "/limit"), "{\"running\":" + running + "}");
    }

    /** Removes the limit of a kind. */
    public CompletableFuture<KindState> unlimit(String kind) {
        return delete(of(kind, "/limit"));
    }

    private URI of(String kind, String what) {
        return settings.at(
                "/kinds/" + URLEncoder.encode(kind, StandardCharsets.UTF_8).replace("+", "%20") + what);
    }

    private CompletableFuture<KindState> put(URI uri, String body) {
        HttpRequest.Builder request = requests.to(uri, Duration.ZERO);
        return requests.call(
                token -> requests.send("PUT", body, request, token, 1),
                response -> Optional.of(Requests.read(response, KindState::of)));
    }

    private CompletableFuture<KindState> delete(URI uri) {
        HttpRequest.Builder request = requests.to(uri, Duration.ZERO).DELETE();
        return requests.call(
                token -> requests.send(request, token, 1),
                response -> Optional.of(Requests.read(response, KindState::of)));
    }
}
