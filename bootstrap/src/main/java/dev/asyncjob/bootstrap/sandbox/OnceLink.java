package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.identity.Secrets;
import dev.asyncjob.ui.Login;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The link that begins one session of the sandbox's client. Its secret has 256 random bits and stands in memory only,
 * until it is redeemed or an hour old. Safe for use from any thread.
 */
public final class OnceLink implements Login.Link {
    private static final Duration LASTS = Duration.ofHours(1);

    private final Login.Credentials credentials;
    private final LongSupplier nanoTime;
    private final long made;
    private @Nullable String secret = Secrets.newToken();

    /**
     * A new link.
     *
     * @param nanoTime as {@link System#nanoTime}
     */
    public OnceLink(SandboxClient client, LongSupplier nanoTime) {
        this.credentials = new Login.Credentials(client.token(), client.apiKey());
        this.nanoTime = nanoTime;
        this.made = nanoTime.getAsLong();
    }

    @Override
    public synchronized Optional<Login.Credentials> redeem(String given) {
        String known = secret;
        if (known != null && nanoTime.getAsLong() - made < LASTS.toNanos()) {
            if (!MessageDigest.isEqual(
                    given.getBytes(StandardCharsets.UTF_8), known.getBytes(StandardCharsets.UTF_8))) {
                return Optional.empty();
            }
            secret = null;
            return Optional.of(credentials);
        }
        secret = null;
        return Optional.empty();
    }

    /**
     * The link, at a loopback address: on no other do browsers keep the cookie without TLS.
     *
     * @param page where the page is, such as {@code http://0.0.0.0:9090/ui}
     * @return empty if the server listens on no loopback address, or if the link has ended
     */
    public synchronized Optional<String> at(String page) {
        URI url = URI.create(page);
        if (url.getHost() == null) { // such as one with an underscore
            return Optional.empty();
        }
        InetAddress address = new InetSocketAddress(url.getHost(), url.getPort()).getAddress();
        if (secret == null || address == null || !(address.isLoopbackAddress() || address.isAnyLocalAddress())) {
            return Optional.empty();
        }
        String host = address.isAnyLocalAddress() ? "127.0.0.1" : url.getHost();
        return Optional.of("http://%s:%s%s/login?once=%s".formatted(host, url.getPort(), url.getPath(), secret));
    }
}
