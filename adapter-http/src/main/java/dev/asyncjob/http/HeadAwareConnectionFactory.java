package dev.asyncjob.http;

import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;

/**
 * Jetty's, but for a request whose target it cannot read: it takes that for a GET, and would send a body in answer to a
 * HEAD (RFC 9110 section 9.3.2).
 */
final class HeadAwareConnectionFactory extends HttpConnectionFactory {
    HeadAwareConnectionFactory(HttpConfiguration configuration) {
        super(configuration);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        return configure(new HeadAwareConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
    }

    private static final class HeadAwareConnection extends HttpConnection {
        private boolean unreadableHead;

        HeadAwareConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
            super(configuration, connector, endPoint);
        }

        /** Asked once more, for a GET that stands for the request, if the first time throws. */
        @Override
        protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
            if (unreadableHead) {
                return super.newHttpStream(HttpMethod.HEAD.asString(), uri, version);
            }
            unreadableHead = HttpMethod.HEAD.is(method);
            HttpStreamOverHTTP1 stream = super.newHttpStream(method, uri, version);
            unreadableHead = false;
            return stream;
        }
    }
}
