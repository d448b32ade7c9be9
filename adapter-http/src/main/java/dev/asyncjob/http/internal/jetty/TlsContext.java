package dev.asyncjob.http.internal.jetty;

import java.security.KeyStore;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * TLS of a server: versions 1.2 and 1.3, with forward secrecy and authenticated encryption only, no renegotiation. Safe
 * for use from any thread.
 */
public final class TlsContext {
    /** Sessions that are kept for clients without session tickets; the JDK's default is 20,480, of some KiB each. */
    private static final int SESSIONS = 1_000;

    private final SslContextFactory.Server context = new SslContextFactory.Server();

    /** @param identity one private key, protected by the empty password, with its chain of certificates */
    public TlsContext(KeyStore identity) {
        context.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        context.setIncludeCipherSuites(
                "TLS_AES_.*", "TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_.*_(AES_.*_GCM|CHACHA20_POLY1305)_SHA.*");
        context.setRenegotiationAllowed(false);
        context.setSslSessionCacheSize(SESSIONS);
        context.setKeyStorePassword("");
        context.setKeyStore(identity);
    }

    /**
     * Proves another identity to clients that connect from now on. Open connections stay as they are.
     *
     * @throws IllegalStateException if TLS cannot use it
     */
    public void replace(KeyStore identity) {
        try {
            context.reload(same -> same.setKeyStore(identity));
        } catch (Exception e) {
            throw new IllegalStateException("TLS cannot use the certificate", e);
        }
    }

    /** The factories of a connector that speaks TLS before HTTP/1.1. */
    public ConnectionFactory[] before(HttpConnectionFactory http) {
        SslConnectionFactory tls = new SslConnectionFactory(context, http.getProtocol());
        tls.setEnsureSecureRequestCustomizer(false); // it refuses hosts that the certificate does not name
        return new ConnectionFactory[] {tls, http};
    }
}
