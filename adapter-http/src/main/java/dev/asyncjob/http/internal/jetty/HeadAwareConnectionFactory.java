package dev.asyncjob.http.internal.jetty;

import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpCompliance;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpParser;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.internal.HttpConnection;

/**
 * Jetty's, but for a request whose first line it cannot read: it makes up another method for that, and would send a
 * body in answer to a HEAD (RFC 9110 section 9.3.2).
 */
public final class HeadAwareConnectionFactory extends HttpConnectionFactory {
    public HeadAwareConnectionFactory(HttpConfiguration configuration) {
        super(configuration);
    }

    @Override
    public Connection newConnection(Connector connector, EndPoint endPoint) {
        return configure(new HeadAwareConnection(getHttpConfiguration(), connector, endPoint), connector, endPoint);
    }

    private static final class HeadAwareConnection extends HttpConnection {
        HeadAwareConnection(HttpConfiguration configuration, Connector connector, EndPoint endPoint) {
            super(configuration, connector, endPoint);
        }

        @Override
        protected HttpParser newHttpParser(HttpCompliance compliance) {
            HttpParser usual = super.newHttpParser(compliance);
            HttpParser parser = new HeadAwareParser(
                    (HttpParser.RequestHandler) usual.getHandler(),
                    getHttpConfiguration().getRequestHeaderSize(),
                    compliance);
            parser.setHeaderCacheSize(usual.getHeaderCacheSize());
            parser.setHeaderCacheCaseSensitive(usual.isHeaderCacheCaseSensitive());
            return parser;
        }

        /** Asked with a method that is made up when the request cannot be read. */
        @Override
        protected HttpStreamOverHTTP1 newHttpStream(String method, String uri, HttpVersion version) {
            boolean head = getParser() instanceof HeadAwareParser parser && parser.isAtHead();
            return super.newHttpStream(head ? HttpMethod.HEAD.asString() : method, uri, version);
        }
    }

    /** Sees the method before anything else of a request can turn out to be wrong. */
    private static final class HeadAwareParser extends HttpParser {
        private static final String METHOD = "HEAD";

        /** How many characters of the request are those of the method, its end being one; negative if one is not. */
        private int matched;

        HeadAwareParser(RequestHandler handler, int maxHeaderBytes, HttpCompliance compliance) {
            super(handler, maxHeaderBytes, compliance);
        }

        @Override
        public boolean parseNext(ByteBuffer buffer) {
            if (isStart()) {
                matched = 0;
            }
            for (int i = buffer.position(); i < buffer.limit() && matched >= 0 && !isAtHead(); i++) {
                match(buffer.get(i));
            }
            return super.parseNext(buffer);
        }

        private void match(byte b) {
            boolean emptyLine = matched == 0 && (b == '\r' || b == '\n');
            boolean right = matched < METHOD.length() ? b == METHOD.charAt(matched) : b == ' ' || b == '\t';
            if (!emptyLine) {
                matched = right ? matched + 1 : -1;
            }
        }

        boolean isAtHead() {
            return matched > METHOD.length();
        }
    }
}
