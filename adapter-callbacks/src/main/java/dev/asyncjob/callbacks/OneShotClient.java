package dev.asyncjob.callbacks;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.io.Transport;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/**
 * Jetty's HTTP client without everything that a delivery must not do: it follows no redirect, uses no proxy, answers no
 * challenge, keeps no cookie, decodes no content and keeps no connection. Each request goes to {@link OneAddress}.
 */
final class OneShotClient {
    /** Bytes of a response's head at most. */
    private static final int MAX_HEAD = 16 << 10;

    private static final int MAX_THREADS = 16;

    /** How long Jetty remembers a request's destination, which no other request uses. */
    private static final Duration FORGET = Duration.ofSeconds(1);

    private OneShotClient() {}

    /** @param tls the certificates to trust; null for those that this JVM trusts */
    static HttpClient start(Duration limit, @Nullable SSLContext tls) {
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, 1);
        threads.setName("asyncjob-callback");
        threads.setDaemon(true);
        SslContextFactory.Client verifying = new SslContextFactory.Client();
        verifying.setEndpointIdentificationAlgorithm("HTTPS");
        if (tls != null) {
            verifying.setSslContext(tls);
        }
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setSslContextFactory(verifying);
        HttpClient client = new HttpClient(new HttpClientTransportOverHTTP(connector));
        client.setExecutor(threads);
        client.setConnectTimeout(limit.toMillis());
        client.setIdleTimeout(limit.toMillis());
        client.setDestinationIdleTimeout(FORGET.toMillis());
        client.setMaxConnectionsPerDestination(1);
        client.setMaxResponseHeadersSize(MAX_HEAD);
        client.setFollowRedirects(false);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
        client.setUserAgentField(new HttpField(HttpHeader.USER_AGENT, "asyncjob"));
        try {
            client.start();
        } catch (Exception e) {
            throw new IllegalStateException("the HTTP client does not start", e);
        }
        client.getContentDecoderFactories().clear(); // only now: they are added by the start, as the next
        client.getProtocolHandlers().clear();
        client.getProtocolHandlers().put(new ContinueProtocolHandler());
        client.getProtocolHandlers().put(new ProcessingProtocolHandler());
        client.getProtocolHandlers().put(new EarlyHintsProtocolHandler());
        return client;
    }

    /** TCP to one address, which was judged. Its equality is identity, so no request meets another's connection. */
    static final class OneAddress extends Transport.Wrapper {
        private final InetSocketAddress address;

        /** @param url its host stays the name for TLS */
        OneAddress(InetAddress address, URI url) {
            super(Transport.TCP_IP);
            int port = url.getPort() >= 0 ? url.getPort() : "http".equalsIgnoreCase(url.getScheme()) ? 80 : 443;
            try {
                String host = Objects.requireNonNullElse(url.getHost(), "");
                this.address = new InetSocketAddress(InetAddress.getByAddress(host, address.getAddress()), port);
            } catch (UnknownHostException e) {
                throw new AssertionError("only a wrong length is refused", e);
            }
        }

        @Override
        public boolean requiresDomainNameResolution() {
            return false;
        }

        @Override
        public SocketAddress getSocketAddress() {
            return address;
        }

        @Override
        public int hashCode() {
            return System.identityHashCode(this);
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return this == other;
        }
    }
}
