package dev.asyncjob.http.internal.access;

import dev.asyncjob.application.access.Authenticator;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;

/** A request of Jetty as an {@link Authenticator} sees it. */
record PresentedRequest(Request request) implements Authenticator.IncomingRequest {
    @Override
    public String path() {
        return request.getHttpURI().getPath();
    }

    @Override
    public List<String> headers(String name) {
        return request.getHeaders().getValuesList(name);
    }

    @Override
    public List<String> cookies(String name) {
        return Request.getCookies(request).stream()
                .filter(cookie -> cookie.getName().equals(name))
                .map(HttpCookie::getValue)
                .toList();
    }

    @Override
    public Optional<Principal> principal() {
        return Optional.ofNullable(Request.getAuthenticationState(request)).map(state -> state.getUserPrincipal());
    }

    @Override
    public List<X509Certificate> certificates() {
        return request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE) instanceof EndPoint.SslSessionData session
                        && session.peerCertificates() != null
                ? List.of(session.peerCertificates())
                : List.of();
    }

    @Override
    public Optional<Object> attribute(String name) {
        return Optional.ofNullable(request.getAttribute(name));
    }
}
