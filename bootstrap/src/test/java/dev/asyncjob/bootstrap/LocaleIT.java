package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers with the same requests: one in English, UTC and UTF-8, one in as foreign a place as Java has. */
class LocaleIT {
    private static final String ENGLISH =
            "-Duser.language=en -Duser.country=US -Duser.timezone=UTC -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8";

    /** Turkish upper case, Arabic digits, Buddhist years, a zone of half hours, and a charset without most letters. */
    private static final String FOREIGN = "-Duser.language=tr -Duser.country=TR -Duser.extensions=u-ca-buddhist-nu-arab"
            + " -Duser.timezone=America/St_Johns -Dfile.encoding=ISO-8859-1 -Dstdout.encoding=UTF-16"
            + " -Dstderr.encoding=UTF-16";

    private static final String ID = "89678f60-4cdc-4fe3-ae83-e8b3ebd35c59";
    private static final String STATUS = "/patients/composition/job/" + ID;

    @TempDir
    private Path folder;

    @Test
    @Tag("soak")
    void answers_logs_and_metrics_are_the_same_in_every_locale_zone_and_charset() {
        List<String> english = said(ENGLISH);
        List<String> foreign = said(FOREIGN);
        assertThat(foreign).containsExactlyElementsOf(english);
        assertThat(english).anyMatch(line -> line.contains("ratelimit")).anyMatch(line -> line.startsWith("202 "));
    }

    private List<String> said(String options) {
        // A burst of 30, and no wait for more than a few of them.
        Map<String, String> environment =
                Map.of("JAVA_TOOL_OPTIONS", options, "ASYNCJOB_HTTP_REQUESTS_PER_SECOND", "3");
        try (ServerProcess server = ServerProcess.start(folder, "sandbox", environment)) {
            List<String> said = new ArrayList<>();
            String job = "{\"id\":\"" + ID + "\",\"kind\":\"invoice.i\",\"payload\":{\"ІЇ\":\"ıİ\"},"
                    + "\"notBefore\":\"2199-01-01T00:00:00Z\",\"links\":[{\"entity\":\"a/b\",\"href\":\"b\"}]}";
            said.add(text(server.post("/jobs", job)));
            said.add(text(server.status(ID)));
            said.add(text(server.status(ID, "Accept", "application/problem+json", "If-None-Match", "\"x\"")));
            said.add(text(server.get("/jobs?status=PENDING&limit=1")));
            said.add(text(server.get("/jobs?limit=1001&status=pending&owner=%C4%B1&overdue=x")));
            said.add(text(server.get("/jobs?limit=%D9%A3")));
            said.add(text(server.status(ID.replace('8', '9'))));
            said.add(text(server.get("/nowhere")));
            said.add(text(server.send("DELETE", "/health/live", "")));
            said.add(text(server.post("/jobs", "{\"kind\":\"" + "ı".repeat(300) + "\",\"links\":[],\"x\":1}")));
            said.add(text(server.post("/jobs", "{\"a\":1,\"a\":" + "[".repeat(50))));
            said.add(text(server.post("/jobs", "{\"a\":\"" + "a".repeat(70_000) + "\"}")));
            said.add(text(server.as(new ServerProcess.Credentials("wrong", "wrong"), "GET", STATUS, "")));
            said.add(text(server.post("/jobs/claims", "{\"kinds\":[\"invoice.i\"],\"max\":1,\"worker\":\"I\"}")));
            HttpResponse<String> limited = server.status(ID);
            for (int i = 0; i < 1000 && limited.statusCode() != 429; i++) {
                limited = server.status(ID);
            }
            said.add(text(limited));
            said.add(alike(server.output()));
            said.addAll(sorted(server.metrics(), line -> !line.matches("(# [A-Z]+ )?(jvm|process|system)_.*")));
            assertThat(server.stop()).isZero();
            said.addAll(sorted(server.log(), line -> line.startsWith("{")));
            return said;
        }
    }

    private static Set<String> sorted(String lines, Predicate<String> some) {
        return new TreeSet<>(alike(lines).lines().filter(some).toList());
    }

    private static String text(HttpResponse<String> response) {
        Map<String, List<String>> headers = new TreeMap<>(response.headers().map());
        headers.remove("connection"); // depends on how much of a refused body has arrived
        return alike(response.statusCode() + " " + headers + " " + response.body());
    }

    /** The text without the times, ports, ids and measures of one run, as they are written in ASCII. */
    private static String alike(String text) {
        return text.replaceAll("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,}Z", "TIME")
                .replaceAll("[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT", "DATE")
                .replaceAll("composition/[0-9a-f-]{36}/sign", "composition/ID/sign")
                .replaceAll("once=\\S+", "once=SECRET")
                .replaceAll("127\\.0\\.0\\.1:[0-9]+", "ADDRESS")
                .replaceAll("(?m)(\"duration_ms\":)[0-9]+\\.[0-9]{3}\\b", "$1N")
                .replaceAll("(?m)^(\\w+(?:\\{.*})?) [-+0-9.E]+$", "$1 N")
                .replaceAll("(x-request-id=\\[|\"request_?id\":\"|request )[^\",\\] :]+", "$1R")
                .replaceAll("(?i)(etag=\\[)(?:W/)?\"[!-~]+?\"", "$1E")
                .replaceAll("(?i)(retry-after=\\[)[0-9]+", "$1N");
    }
}
