package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Requests for the page of a server, as a browser sends them. */
final class PageRequests {
    /** The name of the cookie of a session. */
    static final String SESSION = "__Host-asyncjob-session";

    private PageRequests() {}

    static HttpResponse<String> page(ServerProcess server, String path, String cookie) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server.managementUrl() + path));
        return ServerProcess.send(cookie.isEmpty() ? request : request.header("Cookie", cookie));
    }

    static HttpResponse<String> login(ServerProcess server, ServerProcess.Credentials client) {
        HttpResponse<String> form = page(server, "/ui/login", "");
        return ServerProcess.send(form(
                server,
                "/ui/login",
                cookie(form, "__Host-asyncjob-form").orElseThrow(),
                Map.of("form", token(form.body()), "token", client.token(), "api-key", client.apiKey())));
    }

    static HttpRequest.Builder form(ServerProcess server, String path, String cookie, Map<String, String> fields) {
        StringBuilder body = new StringBuilder();
        fields.forEach((name, value) -> body.append(body.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        return HttpRequest.newBuilder(URI.create(server.managementUrl() + path))
                .header("Cookie", cookie)
                .header("Origin", server.managementUrl())
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
    }

    static Optional<String> cookie(HttpResponse<String> answer, String name) {
        return answer.headers().allValues("Set-Cookie").stream()
                .filter(header -> header.startsWith(name + "=") && !header.startsWith(name + "=;"))
                .map(header -> header.split(";", 2)[0])
                .findFirst();
    }

    static String token(String body) {
        Matcher field = Pattern.compile("name=\"form\" value=\"([^\"]*)\"").matcher(body);
        assertThat(field.find()).isTrue();
        return field.group(1);
    }
}
