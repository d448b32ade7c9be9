package dev.asyncjob.bootstrap;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Unusual, hostile or malformed requests and the statuses of their responses. {@code $JOB} stands for the id of a
 * waiting job, {@code $KEPT} for that of a claimed one, {@code $AUTH} for the header lines with valid credentials,
 * {@code $TOKEN} and {@code $KEY} for the credentials.
 */
final class BadInput {
    static final String PATH = "/patients/composition/job/";
    private static final String STATUS = PATH + "$JOB";
    private static final String MANY_PATH = "/patients/composition/job";
    private static final String MISSING = "\"00000000-0000-4000-8000-000000000000\"";
    private static final String JSON = "Content-Type: application/json";
    private static final String LINKS = "\"links\":[{\"entity\":\"a\"}]";
    private static final String MANY = "1".repeat(2_000);

    private BadInput() {}

    /**
     * One request.
     *
     * @param row its row in the list of bad input; variants have the name of their row
     * @param statuses the statuses that are correct
     * @param message its bytes, as the characters of ISO 8859-1
     * @param hangsUp whether the connection must be closed, since the beginning of the next request is unknown
     */
    record Case(String row, String statuses, String message, boolean hangsUp) {
        boolean allows(int status) {
            return Arrays.asList(statuses.split("\\|")).contains(Integer.toString(status));
        }

        @Override
        public String toString() {
            String text = message.replaceAll("[^ -~]", "·");
            return row + " " + statuses + " " + text.substring(0, Math.min(text.length(), 110));
        }
    }

    static Stream<Case> all() {
        List<Case> cases = new ArrayList<>();
        paths(cases);
        methods(cases);
        framing(cases);
        representations(cases);
        credentials(cases);
        jsonBodies(cases);
        values(cases);
        lists(cases);
        references(cases);
        statements(cases);
        callbacks(cases);
        kinds(cases);
        retries(cases);
        bulks(cases);
        many(cases);
        neighbours(cases);
        return cases.stream();
    }

    private static void paths(List<Case> cases) {
        gets(cases, "P-01", "404", PATH, "/jobs/");
        gets(cases, "P-02", "404", STATUS + "/", STATUS + "/x");
        gets(cases, "P-02", "400", STATUS + "//");
        gets(cases, "P-03", "404", PATH + "not-a-uuid", PATH + "89678f60");
        gets(
                cases,
                "P-03",
                "404",
                PATH + "89678f604cdc4fe3ae83e8b3ebd35c59",
                PATH + "1-1-1-1-1",
                PATH + "urn:uuid:$JOB");
        gets(cases, "P-04", "200", STATUS, PATH + "$BIG");
        gets(cases, "P-06", "400", PATH + "%00", STATUS + "%00", PATH + "a%00b", "/%00");
        gets(cases, "P-07", "400", PATH + "a%2Fb", PATH + "a%2fb", PATH + "..%2f..%2fetc", "/x%2fy");
        gets(
                cases,
                "P-08",
                "400|404",
                PATH + "%2e%2e/$JOB",
                PATH + "../job/x",
                PATH + "./x",
                "/../../etc/passwd",
                "/%2e%2e/x");
        gets(cases, "P-10", "400", PATH + "\\", PATH + "%5c", PATH + "a%5Cb");
        gets(cases, "P-11", "400", PATH + "%zz", PATH + "%", PATH + "%4", "/%zz", PATH + "%c3%28", PATH + "%ff");
        gets(
                cases,
                "P-13",
                "400",
                PATH + "\u00d1\u0096",
                PATH + "a b",
                PATH + "a\tb",
                STATUS + "?a=\u00d1\u0096",
                PATH + "\u0001",
                PATH + "{89678f60-4cdc-4fe3-ae83-e8b3ebd35c59}");
        gets(
                cases,
                "P-03",
                "404",
                PATH + "%25",
                PATH + "%252f",
                PATH + "%2525",
                STATUS + "%20",
                STATUS + ".",
                PATH + "%7B$JOB%7D");
        gets(cases, "P-14", "400", PATH + "%0d%0aX-Evil:1", PATH + "%0aX-Evil:1", PATH + "%0d");
        gets(cases, "P-14", "200", STATUS + "?a=%0d%0aX-Evil:1");
        gets(
                cases,
                "P-16",
                "400",
                "/" + STATUS,
                "/patients//composition/job/$JOB",
                "/jobs//lease",
                "//",
                "//evil.example/x");
        gets(cases, "P-17", "404", "/PATIENTS/composition/job/$JOB", "/patients/composition/Job/$JOB", "/JOBS");
        gets(cases, "P-18", "414", PATH + "a".repeat(9_000), "/?" + "a".repeat(9_000), PATH + "a".repeat(70_000));
        gets(
                cases,
                "P-19",
                "200",
                STATUS + "?a=1&a=2",
                STATUS + "?unknown",
                STATUS + "?",
                STATUS + "?=&&=",
                STATUS + "?a=[]");
        gets(
                cases,
                "P-20",
                "400",
                STATUS + "?a=%zz",
                STATUS + "?%",
                STATUS + "?a=%ff",
                "/nowhere?a=%zz",
                "/health/live?%zz");
        gets(
                cases,
                "P-21",
                "400",
                "http://elsewhere.example" + STATUS,
                "https://a" + STATUS,
                "ftp://a/x",
                "http://a@b/x");
        gets(cases, "P-22", "400", "*", "a:80", "x");
        raw(cases, "P-22", "400", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n");
        raw(cases, "P-22", "400", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
        gets(cases, "P-23", "404", PATH + "'%20OR%201=1--", PATH + "$JOB'--", PATH + "1;drop%20table", PATH + "_");
    }

    /** The status of many jobs; the first of the two routes is the path that a GET of an empty id would have. */
    private static void many(List<Case> cases) {
        for (String method : List.of("GET", "HEAD", "PUT", "DELETE", "PATCH", "POST", "TRACE")) {
            add(cases, "H-01", "405", method, MANY_PATH, "", "$AUTH");
        }
        for (String method : List.of("PUT", "DELETE", "PATCH", "QUERY")) {
            add(cases, "H-01", "405", method, PATH + "statuses", ids(MISSING), "$AUTH", JSON);
        }
        add(cases, "H-01", "405", "QUERY", STATUS, ids(MISSING), "$AUTH", JSON);
        add(cases, "H-03", "204", "OPTIONS", MANY_PATH, "", "$AUTH", "Origin: http://evil.example");
        add(cases, "P-03", "404", "GET", PATH + "statuses", "", "$AUTH");
        add(cases, "P-02", "404", "QUERY", MANY_PATH + "/", ids(MISSING), "$AUTH", JSON);
        add(cases, "P-20", "400", "QUERY", MANY_PATH + "?a=%zz", ids("\"$JOB\""), "$AUTH", JSON);
        add(cases, "H-05", "405", "GET", MANY_PATH, "", "$AUTH", "X-HTTP-Method-Override: QUERY");
        for (String[] route : new String[][] {{"QUERY", MANY_PATH}, {"POST", PATH + "statuses"}}) {
            String hundred = "\"$JOB\"" + ("," + MISSING).repeat(99);
            for (String good : List.of("\"$JOB\"", "\"$BIG\"", "\"$JOB\",\"$JOB\"", hundred)) {
                add(cases, "P-04", "200", route[0], route[1], ids(good), "$AUTH", JSON);
            }
            add(cases, "P-19", "200", route[0], route[1] + "?a=1&a=2", ids("\"$JOB\""), "$AUTH", JSON);
            add(cases, "H-25", "304", route[0], route[1], ids("\"$JOB\""), "$AUTH", JSON, "If-None-Match: *");
            add(cases, "H-26", "200", route[0], route[1], ids("\"$JOB\""), "$AUTH", JSON, "Prefer: wait=-1");
            add(cases, "H-20", "406", route[0], route[1], ids("\"$JOB\""), "$AUTH", JSON, "Accept: text/event-stream");
            add(cases, "A-01", "401", route[0], route[1], ids("\"$JOB\""), JSON);
            add(cases, "J-24", "415", route[0], route[1], ids(MISSING), "$AUTH", JSON, "Content-Encoding: gzip");
            add(cases, "J-22", "415", route[0], route[1], ids(MISSING), "$AUTH");
            add(cases, "H-18", "417", route[0], route[1], ids(MISSING), "$AUTH", JSON, "Expect: foo");
            Map<String, List<String>> bad = Map.of(
                    "400",
                    List.of(
                            "",
                            "{",
                            "{\"ids\":[",
                            ids(MISSING) + "x",
                            "{\"ids\":[],\"ids\":[]}",
                            ids("'x'"),
                            ids("\u00ff")),
                    "413",
                    List.of(ids(MISSING + " ".repeat(64 << 10))),
                    "422",
                    List.of(
                            "[]",
                            "null",
                            "{}",
                            "{\"ids\":null}",
                            "{\"ids\":{}}",
                            "{\"ids\":" + MISSING + "}",
                            "{\"Ids\":[" + MISSING + "]}",
                            ids(""),
                            ids("1"),
                            ids(MANY),
                            ids("1e999999999"),
                            ids("null"),
                            ids("[" + MISSING + "]"),
                            ids("\"\""),
                            ids("\"x\""),
                            ids("\"\\u0000\""),
                            ids("\"' or 1=1--\""),
                            ids("\"{89678f60-4cdc-4fe3-ae83-e8b3ebd35c59}\""),
                            ids("\"1-1-1-1-1\""),
                            ids(hundred + "," + MISSING),
                            ids("1" + ",1".repeat(20_000)),
                            ids(MISSING).replace("]", "],\"owner\":\"clinic-b\"")));
            bad.forEach((status, bodies) ->
                    bodies.forEach(body -> add(cases, "J-06", status, route[0], route[1], body, "$AUTH", JSON)));
        }
    }

    private static String ids(String list) {
        return "{\"ids\":[" + list + "]}";
    }

    private static void methods(List<Case> cases) {
        for (String method : List.of("PUT", "DELETE", "PATCH", "POST")) {
            add(cases, "H-01", "405", method, STATUS, "", "$AUTH");
            add(cases, "H-01", "405", method, "/health/live", "");
        }
        add(cases, "H-01", "405", "PUT", "/jobs", "{}", "$AUTH");
        add(cases, "H-01", "405", "GET", "/jobs/claims", "", "$AUTH");
        add(cases, "H-01", "405", "POST", "/jobs/$JOB/lease", "{}", "$AUTH");
        add(cases, "H-01", "405", "TRACE", STATUS, "", "$AUTH");
        for (String method : List.of("FOO", "get", "PROPFIND", "X-Y")) {
            add(cases, "H-01", "501", method, STATUS, "", "$AUTH");
        }
        for (String target : List.of(STATUS, "/jobs", "/jobs/$JOB", "/health/live")) {
            add(cases, "H-03", "204", "OPTIONS", target, "", "$AUTH", "Origin: http://evil.example");
        }
        add(cases, "H-04", "200", "HEAD", STATUS, "", "$AUTH");
        add(cases, "H-04", "404", "HEAD", PATH + "x", "", "$AUTH");
        add(cases, "H-04", "401", "HEAD", STATUS, "");
        for (String name :
                List.of("X-HTTP-Method-Override", "x-http-method-override", "X-Method-Override", "X-HTTP-Method")) {
            add(cases, "H-05", "200", "GET", STATUS, "", "$AUTH", name + ": DELETE");
            add(cases, "H-05", "405", "POST", STATUS, "", "$AUTH", name + ": GET");
        }
        add(cases, "H-05", "200", "GET", STATUS + "?_method=DELETE", "", "$AUTH");
        add(
                cases,
                "H-05",
                "200",
                "GET",
                STATUS,
                "",
                "$AUTH",
                "Sec-WebSocket-Version: 13",
                "Upgrade: websocket",
                "Connection: Upgrade");
        add(cases, "H-17", "200", "GET", STATUS, "{\"a\":1}", "$AUTH", JSON);
        for (String ignored : List.of(
                "Range: bytes=0-5",
                "TE: gzip",
                "If-Match: \"x\"",
                "If-Modified-Since: garbage",
                "Accept-Encoding: gzip, identity;q=0",
                "Content-Type: ;;;",
                "X-Original-URL: /jobs",
                "Connection: Authorization",
                "Trailer: Authorization",
                "Max-Forwards: 0",
                "Early-Data: 1",
                "Date: x")) {
            add(cases, "H-17", "200", "GET", STATUS, "", "$AUTH", ignored);
        }
        add(cases, "H-01", "405", "HEAD", "/jobs/claims", "", "$AUTH");
        add(cases, "H-04", "404", "HEAD", "/nowhere", "", "$AUTH");
        add(cases, "H-24", "200", "GET", STATUS, "", "$AUTH", "X-Forwarded-For: 1.2.3.4, evil", "Forwarded: for=evil");
        add(cases, "H-24", "200", "GET", STATUS, "", "$AUTH", "X-Forwarded-Host: evil", "X-Forwarded-Proto: gopher");
        add(cases, "H-23", "200", "GET", STATUS, "", "$AUTH", "traceparent: garbage");
    }

    private static void framing(List<Case> cases) {
        String get = "GET " + STATUS + " HTTP/1.1\r\n";
        String post = "POST /jobs HTTP/1.1\r\nHost: a\r\n$AUTH\r\n" + JSON + "\r\n";
        for (String parameter :
                List.of("%zz", "%", "%+1", "%00", "%0d%0aX-Evil:1", "%2f", "%5C", "%7f", "%ff", "\u00de", "a=%zz/x")) {
            for (String target : List.of(PATH + "a;", STATUS + ";", "/jobs;", "/nowhere;", "/health/live;", "/a;")) {
                gets(cases, "P-11", "400", target + parameter);
            }
            add(cases, "P-11", "400", "DELETE", "/jobs/$JOB;" + parameter, "", "$AUTH");
            add(cases, "P-11", "400", "GET", PATH + "a;" + parameter, "");
        }
        gets(cases, "P-11", "404", STATUS + ";", STATUS + ";a=b", PATH + "a;%41");
        gets(cases, "P-20", "400", STATUS + "?a=%+1", STATUS + "?a=%-1", "/jobs?kind=%+1");
        broken(cases, "H-06", "400", get + "$AUTH\r\n\r\n");
        broken(cases, "H-06", "400", get + "Host: a\r\nHost: b\r\n$AUTH\r\n\r\n");
        broken(cases, "H-06", "400", get + "Host: a b\r\n$AUTH\r\n\r\n");
        broken(cases, "H-06", "400", get + "Host: a/b\r\n$AUTH\r\n\r\n");
        broken(cases, "H-06", "400", get + "Host: a:99999999\r\n$AUTH\r\n\r\n");
        broken(cases, "H-06", "400", get + "Host: a:+80\r\n$AUTH\r\n\r\n");
        broken(cases, "H-06", "400", get + "Host: ::1\r\n$AUTH\r\n\r\n");
        broken(cases, "H-07", "505", "GET /\r\n\r\n");
        broken(cases, "H-07", "505", get.replace("1.1", "9.9") + "Host: a\r\n\r\n");
        broken(cases, "H-07", "400|505", get.replace("HTTP/1.1", "HTTP/1.") + "Host: a\r\n\r\n");
        broken(cases, "H-08", "400", get.replace("\r", "") + "Host: a\n$AUTH\n\n");
        broken(cases, "H-08", "400", get + "Host: a\nX: y\r\n\r\n");
        broken(cases, "H-10", "400", get + "Host: a\r\nX-A: a\u0000b\r\n\r\n");
        broken(cases, "H-10", "400", get + "Host: a\r\nX-A: a\u0007b\r\n\r\n");
        broken(cases, "H-10", "400", get + "Host: a\r\nX A: b\r\n\r\n");
        broken(cases, "H-10", "400", get + "Host: a\r\nX-A : b\r\n\r\n");
        broken(cases, "H-10", "400", get + "Host: a\r\nX-A: b\r\n folded\r\n\r\n");
        broken(cases, "H-10", "400", get + "Host: a\r\n: b\r\n\r\n");
        broken(cases, "H-11", "431", get + "Host: a\r\nX-A: " + "a".repeat(9 << 10) + "\r\n\r\n");
        broken(cases, "H-11", "431", get + "Host: a\r\nX-A: " + "a".repeat(64 << 10) + "\r\n\r\n");
        String many =
                IntStream.range(0, 120).mapToObj(i -> "X-" + i + ": 1\r\n").reduce("", String::concat);
        raw(cases, "H-11", "431", get + "Host: a\r\n" + many + "\r\n");
        for (String length : List.of(
                "2\r\nContent-Length: 2",
                "2\r\nContent-Length: 3",
                "2, 2",
                "-1",
                "+2",
                "0x2",
                "2a",
                "",
                "100000000000000000000")) {
            broken(cases, "H-13", "400", post + "Content-Length: " + length + "\r\n\r\n{}");
        }
        broken(
                cases,
                "H-14",
                "400",
                post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
        broken(cases, "H-14", "400|501", post + "Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
        broken(cases, "H-14", "400|501", post + "Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
        broken(cases, "H-14", "400", post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n");
        broken(
                cases,
                "H-14",
                "400",
                post.replace("HTTP/1.1", "HTTP/1.0") + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        raw(cases, "H-18", "417", post + "Expect: foo\r\nContent-Length: 2\r\n\r\n{}");
        broken(cases, "H-19", "400", "\u0016\u0003\u0001\u0000\u00a5\u0001\u0000\u0000\u00a1\u0003\u0003\r\n\r\n");
        broken(cases, "H-19", "400|426|505", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        for (String chunks : List.of(
                "-1\r\n{}\r\n0\r\n\r\n",
                "+2\r\n{}\r\n0\r\n\r\n",
                "0x2\r\n{}\r\n0\r\n\r\n",
                " 2\r\n{}\r\n0\r\n\r\n",
                "2\n{}\n0\n\n",
                "1\r\n{}\r\n0\r\n\r\n",
                "2\r\n{}0\r\n\r\n",
                "ffffffffffffffff\r\n{}\r\n0\r\n\r\n",
                "2;a\nb\r\n{}\r\n0\r\n\r\n",
                "2\r\n{}\r\n0\r\nX y\r\n\r\n",
                "2\r\n{}\r\n0\r\nX: \u0000\r\n\r\n",
                "2\r\n{}\r\n0\r\nX: " + "a".repeat(20_000) + "\r\n\r\n")) {
            broken(cases, "H-14", "400", post + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
        }
        String chunk = "4000\r\n" + "a".repeat(0x4000) + "\r\n";
        broken(cases, "S-04", "413", post + "Transfer-Encoding: chunked\r\n\r\n" + chunk.repeat(128) + "0\r\n\r\n");
        broken(cases, "S-04", "413", post + "Content-Length: 2097152\r\n\r\n" + "a".repeat(1 << 16));
    }

    private static void representations(List<Case> cases) {
        for (String accept : List.of("application/xml", "text/html", "image/*", "application/json;q=0", "*/*;q=0")) {
            add(cases, "H-20", "406", "GET", STATUS, "", "$AUTH", "Accept: " + accept);
        }
        for (String accept : List.of(
                "*/*", "application/*", "", "garbage", ";;;,", "text/html, */*;q=0.1", "application/json;q=0.001")) {
            add(cases, "H-20", "200", "GET", STATUS, "", "$AUTH", "Accept: " + accept);
        }
        add(cases, "H-25", "304", "GET", STATUS, "", "$AUTH", "If-None-Match: *");
        for (String tag : List.of(
                "\"stale\"", "garbage", "\"", "", "W/", "\"a\", \"b\"", "**", "\"" + "x".repeat(4_000) + "\"")) {
            add(cases, "H-25", "200", "GET", STATUS, "", "$AUTH", "If-None-Match: " + tag);
        }
        for (String wait : List.of(
                "wait=-1", "wait=abc", "wait=", "wait", "wait=1.5", "wait=1e9", "wait=\"x", "=", ";;", "wait=0")) {
            add(cases, "H-26", "200", "GET", STATUS, "", "$AUTH", "Prefer: " + wait);
        }
        for (String extras : List.of(
                "include",
                "include=",
                "include=\"progress",
                "include=payload",
                "include=\"owner, lease\"",
                "include=*",
                "include=\"" + "progress,".repeat(400) + "\"")) {
            add(cases, "H-26", "200", "GET", STATUS, "", "$AUTH", "Prefer: " + extras);
        }
    }

    private static void credentials(List<Case> cases) {
        add(cases, "A-01", "401", "GET", STATUS, "");
        add(cases, "A-01", "401", "POST", "/jobs", "{", JSON);
        add(cases, "A-02", "401", "GET", STATUS, "", "api-key: $KEY");
        add(cases, "A-02", "401", "GET", STATUS, "", "Authorization: Bearer $TOKEN");
        for (String bearer : List.of(
                "Bearer",
                "Bearer ",
                "Bearer  $TOKEN",
                "Bearer $TOKEN x",
                "Bearer $TOKEN,",
                "Bearer \"$TOKEN\"",
                "Bearer $TOKEN;",
                "Bearer \u00e9")) {
            add(cases, "A-03", "400", "GET", STATUS, "", "api-key: $KEY", "Authorization: " + bearer);
        }
        for (String scheme : List.of("bearer", "BEARER", "bEaReR")) {
            add(cases, "A-04", "200", "GET", STATUS, "", "api-key: $KEY", "Authorization: " + scheme + " $TOKEN");
        }
        for (String scheme : List.of("Basic JFRPS0VO", "Token $TOKEN", "$TOKEN", "Digest x", "Bearer$TOKEN", "")) {
            add(cases, "A-05", "401", "GET", STATUS, "", "api-key: $KEY", "Authorization: " + scheme);
        }
        add(cases, "A-07", "400", "GET", STATUS, "", "$AUTH", "Authorization: Bearer $TOKEN");
        add(cases, "A-07", "400", "GET", STATUS, "", "$AUTH", "authorization: Basic eDp5");
        add(cases, "A-07", "400", "GET", STATUS, "", "$AUTH", "API-KEY: $KEY");
        for (String key : List.of(
                "",
                "x",
                "$KEYx",
                "$KEY,$KEY",
                "ajk_" + "0".repeat(49),
                "ajk_live_" + "0".repeat(44),
                "$TOKEN",
                "' or 1=1--",
                "\u00e9",
                "$OTHERKEY")) {
            add(
                    cases,
                    key.equals("$OTHERKEY") ? "A-23" : "A-09",
                    "401",
                    "GET",
                    STATUS,
                    "",
                    "Authorization: Bearer $TOKEN",
                    "api-key: " + key);
        }
        for (String token : List.of(
                "x", "$KEY", "$TOKENx", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJOb25lIn0.e30.", "a.b.c", "....")) {
            add(cases, "A-12", "401", "GET", STATUS, "", "api-key: $KEY", "Authorization: Bearer " + token);
        }
        add(cases, "A-11", "401", "GET", STATUS + "?access_token=$TOKEN", "", "api-key: $KEY");
        add(cases, "A-11", "401", "GET", STATUS, "", "api-key: $KEY", "Cookie: access_token=$TOKEN");
        add(
                cases,
                "A-11",
                "401",
                "POST",
                "/jobs",
                "access_token=$TOKEN",
                "api-key: $KEY",
                "Content-Type: application/x-www-form-urlencoded");
        String weak = "Authorization: Bearer $OTHERTOKEN\r\napi-key: $OTHERKEY";
        add(cases, "A-24", "403", "POST", "/jobs", "{}", weak, JSON);
        add(cases, "A-24", "403", "GET", "/jobs", "", weak);
        add(cases, "A-24", "403", "DELETE", "/jobs/$JOB", "", weak);
        add(cases, "A-24", "403", "POST", "/jobs/claims", "{", weak, JSON);
        add(cases, "A-24", "403", "PUT", "/jobs/x/lease", "", weak);
        add(cases, "O-01", "404", "GET", STATUS, "", weak);
    }

    private static void jsonBodies(List<Case> cases) {
        bodies(cases, "J-01", "400", "", " ", "\n");
        bodies(cases, "J-02", "400", "{\"id\":", "{", "{\"kind\"", "[", "\"", "{\"kind\":\"a", "tru");
        bodies(cases, "J-03", "422", "[]", "null", "1", "\"x\"", "true", "[{}]");
        bodies(cases, "J-04", "400", job("") + "x", job("") + job(""), job("") + "]", "{}{}");
        bodies(
                cases,
                "J-05",
                "400",
                "{\"kind\":\"a\",\"kind\":\"b\"," + LINKS + "}",
                job(",\"payload\":{\"a\":1,\"a\":1}"));
        bodies(
                cases,
                "J-06",
                "422",
                "{\"kind\":5," + LINKS + "}",
                "{\"kind\":\"a\",\"links\":{}}",
                "{\"kind\":null," + LINKS + "}",
                job(",\"maxAttempts\":\"5\""),
                job(",\"maxAttempts\":1.5"),
                job(",\"maxAttempts\":true"),
                job(",\"id\":1"),
                job(",\"notBefore\":1"),
                "{}",
                "{\"kind\":\"a\",\"links\":[]}",
                "{\"kind\":\"a\",\"links\":[1]}",
                "{\"kind\":\"a\",\"links\":[{}]}");
        bodies(
                cases,
                "J-07",
                "422",
                job(",\"unknown\":1"),
                job(",\"Kind\":\"a\""),
                job(",\"\":1"),
                job(",\"__proto__\":{}"));
        bodies(
                cases,
                "J-08",
                "422",
                job(",\"status\":\"DONE\""),
                job(",\"leaseToken\":1"),
                job(",\"createdAt\":\"2026-01-01T00:00:00Z\""),
                job(",\"eta\":\"2026-01-01T00:00:00Z\""));
        bodies(
                cases,
                "J-10",
                "400",
                "\u00fe\u00ff\u0000{\u0000}",
                "{\"kind\":\"\u00ff\"}",
                "{\"kind\":\"\u00c3(\"," + LINKS + "}",
                "\u00ef\u00bb\u00bf" + job("") + "\u00ff");
        bodies(
                cases,
                "J-12",
                "422",
                "{\"kind\":\"a\\u0000\"," + LINKS + "}",
                job(",\"payload\":\"\\u0000\""),
                job(",\"payload\":{\"\\u0000\":1}"),
                job(",\"payload\":\"\\ud800\""));
        bodies(
                cases,
                "J-13",
                "400",
                job(",\"payload\":\"\u0001\""),
                job(",\"payload\":\"\n\""),
                job(",\"payload\":\"\u0000\""));
        bodies(
                cases,
                "J-14",
                "400",
                job(",\"payload\":NaN"),
                job(",\"payload\":Infinity"),
                job(",\"payload\":-Infinity"),
                job("/**/"),
                "{'kind':'a'}",
                "{kind:\"a\"}",
                job(",\"payload\":01"),
                job(",\"payload\":.5"),
                job(",\"payload\":+1"),
                job(",\"payload\":1."),
                job(",\"payload\":0x1"),
                job(","),
                job(",\"payload\":[1,]"));
        for (int depth : new int[] {33, 1_001, 30_000}) {
            bodies(
                    cases,
                    "J-15",
                    "400",
                    job(",\"payload\":" + "[".repeat(depth) + "]".repeat(depth)),
                    "[".repeat(depth),
                    "{\"a\":".repeat(Math.min(depth, 10_000)));
        }
        bodies(
                cases,
                "J-16",
                "422",
                job(",\"payload\":" + MANY),
                job(",\"payload\":1e999999999"),
                job(",\"payload\":-1E+99999"),
                job(",\"payload\":0." + MANY),
                job(",\"maxAttempts\":" + MANY),
                job(",\"maxAttempts\":1e999999999"),
                job(",\"maxAttempts\":99999999999"));
        bodies(cases, "J-17", "422", "{\"kind\":\"" + "a".repeat(20_000) + "\"," + LINKS + "}");
        bodies(cases, "J-17", "413", " ".repeat(64 << 10) + "1", job(",\"payload\":\"" + "a".repeat(64 << 10) + "\""));
        for (String type : List.of(
                "",
                "Content-Type: text/plain",
                "Content-Type: application/xml",
                "Content-Type: application/x-www-form-urlencoded",
                "Content-Type: application/jsonx",
                "Content-Type: garbage",
                "Content-Type: multipart/form-data; boundary=a",
                "Content-Type: text/json")) {
            add(
                    cases,
                    "J-22",
                    "415",
                    "POST",
                    "/jobs",
                    job(""),
                    type.isEmpty() ? new String[] {"$AUTH"} : new String[] {"$AUTH", type});
        }
        for (String coding : List.of("gzip", "br", "deflate", "x", "identity\r\nContent-Encoding: gzip")) {
            add(
                    cases,
                    "J-24",
                    "415",
                    "POST",
                    "/jobs",
                    "\u001f\u008b\u0008",
                    "$AUTH",
                    JSON,
                    "Content-Encoding: " + coding);
        }
    }

    private static void values(List<Case> cases) {
        for (String date : List.of(
                "2026-02-30T00:00:00Z",
                "10000-01-01T00:00:00Z",
                "2027-01-01T00:00:00",
                "1970-01-01T00:00:00Z",
                "tomorrow",
                "",
                "2027-01-01",
                "1798761600",
                "2027-01-01T25:00:00Z")) {
            bodies(cases, "J-19", "422", job(",\"notBefore\":\"" + date + "\""));
        }
        for (String eta : List.of("2026-02-30T00:00:00Z", "1999-01-01T00:00:00Z", "soon", "12345-01-01T00:00:00Z")) {
            add(
                    cases,
                    "J-19",
                    "422",
                    "PUT",
                    "/jobs/$KEPT/lease",
                    "{\"token\":1,\"lease\":\"PT30S\",\"eta\":\"" + eta + "\"}",
                    "$AUTH",
                    JSON);
        }
        for (String href : List.of(
                "javascript:alert(1)",
                "JavaScript:x",
                "//evil.example/x",
                "file:///etc/passwd",
                "data:text/html,x",
                "a\\r\\nX-Evil: 1",
                "",
                " a",
                "vbscript:x",
                "a b",
                "\\u0000",
                "%",
                "a%4",
                "a%zz",
                "a%0d%0aX-Evil:1",
                "a%00",
                "https://good.example@evil.example",
                "\\\\evil",
                "/\\\\evil",
                "x".repeat(5_000))) {
            bodies(cases, "J-20", "422", "{\"kind\":\"a\",\"links\":[{\"entity\":\"a\",\"href\":\"" + href + "\"}]}");
        }
        for (String max : List.of("0", "-1", "1000000000", "1.5", "\"1\"", "null", MANY)) {
            add(cases, "J-26", "422", "POST", "/jobs/claims", claim(max, "\"PT30S\""), "$AUTH", JSON);
        }
        for (String lease : List.of(
                "\"PT0S\"",
                "\"PT-1S\"",
                "\"PT1000000000S\"",
                "\"PT1.5S\"",
                "30",
                "\"30s\"",
                "\"P1D\"",
                "\"\"",
                "null",
                "\"PT\"",
                "\"P1Y\"")) {
            add(cases, "J-27", "422", "POST", "/jobs/claims", claim("1", lease), "$AUTH", JSON);
            add(
                    cases,
                    "J-27",
                    "422",
                    "PUT",
                    "/jobs/$KEPT/lease",
                    "{\"token\":1,\"lease\":" + lease + "}",
                    "$AUTH",
                    JSON);
        }
        for (String token : List.of(
                "",
                "\"token\":\"abc\",",
                "\"token\":-1,",
                "\"token\":0,",
                "\"token\":9223372036854775808,",
                "\"token\":1.5,",
                "\"token\":null,",
                "\"token\":\"1\",",
                "\"token\":true,")) {
            add(cases, "J-28", "422", "POST", "/jobs/$KEPT/done", "{" + token + LINKS + "}", "$AUTH", JSON);
            add(
                    cases,
                    "J-28",
                    "422",
                    "POST",
                    "/jobs/$KEPT/failed",
                    "{" + token + "\"error\":\"x\",\"retry\":false}",
                    "$AUTH",
                    JSON);
            add(cases, "J-28", "422", "PUT", "/jobs/$KEPT/lease", "{" + token + "\"lease\":\"PT30S\"}", "$AUTH", JSON);
        }
        add(cases, "O-03", "409", "POST", "/jobs/$KEPT/done", "{\"token\":77," + LINKS + "}", "$AUTH", JSON);
        add(cases, "O-03", "409", "PUT", "/jobs/$KEPT/lease", "{\"token\":77,\"lease\":\"PT30S\"}", "$AUTH", JSON);
        add(
                cases,
                "O-03",
                "404",
                "POST",
                "/jobs/89678f60-4cdc-4fe3-ae83-e8b3ebd35c59/done",
                "{\"token\":1," + LINKS + "}",
                "$AUTH",
                JSON);
        for (String key : List.of("", "x".repeat(2_000), "\u00e9")) {
            add(cases, "R-09", "400|422", "POST", "/jobs", job(""), "$AUTH", JSON, "Idempotency-Key: " + key);
        }
    }

    private static void lists(List<Case> cases) {
        gets(
                cases,
                "P-25",
                "422|400",
                "/jobs?limit=0",
                "/jobs?limit=-1",
                "/jobs?limit=1000000000",
                "/jobs?limit=abc",
                "/jobs?limit=",
                "/jobs?limit=101",
                "/jobs?limit=1.5",
                "/jobs?limit=%20" + 1);
        gets(
                cases,
                "P-25",
                "422|400",
                "/jobs?cursor=forged",
                "/jobs?cursor=",
                "/jobs?cursor=AAAA",
                "/jobs?cursor=" + "A".repeat(3_000),
                "/jobs?cursor=%00",
                "/jobs?cursor=..%2f");
        gets(
                cases,
                "P-25",
                "422|400",
                "/jobs?status=done",
                "/jobs?status=X",
                "/jobs?overdue=maybe",
                "/jobs?owner=",
                "/jobs?kind=%0a",
                "/jobs?kind=" + "a".repeat(500));
        gets(
                cases,
                "P-19",
                "400",
                "/jobs?limit=1&limit=2",
                "/jobs?unknown=1",
                "/jobs?Limit=1",
                "/jobs?limit=1&",
                "/jobs?=1");
    }

    private static void references(List<Case> cases) {
        bodies(cases, "J-06", "422", job(",\"reference\":17"), job(",\"reference\":null"), job(",\"reference\":[]"));
        bodies(cases, "J-12", "422", job(",\"reference\":\"\\u0000\""), job(",\"reference\":\"\\ud800\""));
        bodies(cases, "J-17", "422", job(",\"reference\":\"\""), job(",\"reference\":\"" + "a".repeat(129) + "\""));
        gets(
                cases,
                "P-25",
                "422",
                "/jobs?reference=",
                "/jobs?reference=%00",
                "/jobs?reference=" + "a".repeat(129),
                "/jobs?owner=a&reference=");
        gets(cases, "P-19", "400", "/jobs?reference=a&reference=a", "/jobs?Reference=a");
        for (String lease : List.of(
                "null",
                "1",
                "{}",
                "{\"worker\":\"w\"}",
                "{\"for\":\"PT1M\"}",
                "{\"worker\":\"w\",\"for\":\"PT1M\",\"token\":1}",
                "{\"worker\":\"\\u0000\",\"for\":\"PT1M\"}")) {
            bodies(cases, "J-06", "422", job(",\"lease\":" + lease));
        }
        for (String length : List.of("PT0S", "PT-1S", "PT1000000000S", "PT1.5S", "30", "")) {
            bodies(cases, "J-27", "422", job(",\"lease\":{\"worker\":\"w\",\"for\":\"" + length + "\"}"));
        }
        String leased = ",\"lease\":{\"worker\":\"w\",\"for\":\"PT1M\"}";
        bodies(cases, "J-19", "422", job(leased + ",\"notBefore\":\"2027-01-01T00:00:00Z\""));
        bodies(cases, "J-05", "400", job(leased + leased));
        for (String query : List.of("", "?owner=", "?owner=%00", "?owner=a%20b", "?owner=" + "a".repeat(129))) {
            add(cases, "P-25", "422", "DELETE", "/jobs" + query, "", "$AUTH");
        }
        for (String query : List.of("?owner=a&owner=a", "?owner=a&limit=1", "?all=true", "?owner=%zz")) {
            add(cases, "P-19", "400", "DELETE", "/jobs" + query, "", "$AUTH");
        }
        gets(cases, "P-20", "400", "/jobs?reference=%ff", "/jobs?reference=%zz");
    }

    /** Pauses and limits of kinds, and the audit. */
    private static void kinds(List<Case> cases) {
        String limit = "/kinds/never.paused/limit";
        String pause = "/kinds/never.paused/pause";
        for (String number : List.of("0", "-1", "100001", "1.5", "1e99", "\"1\"", "null", "[]", "{}", "true", MANY)) {
            add(cases, "J-06", "422", "PUT", limit, "{\"running\":" + number + "}", "$AUTH", JSON);
        }
        for (String body : List.of("{}", "[]", "1", "null", "{\"running\":1,\"more\":1}", "{\"Running\":1}")) {
            add(cases, "J-06", "422", "PUT", limit, body, "$AUTH", JSON);
        }
        for (String reason :
                List.of("\"\"", "7", "null", "[]", "\"\\u0000\"", "\"\\ud800\"", "\"" + "r".repeat(201) + "\"")) {
            add(cases, "J-06", "422", "PUT", pause, "{\"reason\":" + reason + "}", "$AUTH", JSON);
        }
        for (String body : List.of("{\"running\":1,\"running\":2}", "{\"running\":1", "{'running':1}")) {
            add(cases, "J-05", "400", "PUT", limit, body, "$AUTH", JSON);
        }
        add(cases, "J-05", "400", "PUT", pause, "{", "$AUTH", JSON);
        add(cases, "J-22", "415", "PUT", limit, "{\"running\":1}", "$AUTH", "Content-Type: text/plain");
        add(cases, "A-01", "401", "PUT", pause, "");
        for (String kind : List.of("A", "%20", "a%20b", ".a", "%D1%96", "a".repeat(65))) {
            add(cases, "P-25", "422", "PUT", "/kinds/" + kind + "/pause", "", "$AUTH");
            add(cases, "P-25", "422", "DELETE", "/kinds/" + kind + "/pause", "", "$AUTH");
            add(cases, "P-25", "422", "DELETE", "/kinds/" + kind + "/limit", "", "$AUTH");
            add(cases, "P-25", "422", "PUT", "/kinds/" + kind + "/limit", "{\"running\":0}", "$AUTH", JSON);
        }
        add(cases, "P-14", "400", "PUT", "/kinds/%00/pause", "", "$AUTH");
        for (String target : List.of("/kinds/a", "/kinds/a/", "/kinds/a/pause/", "/kinds//pause", "/kinds/a/b/pause")) {
            add(cases, "P-16", "400|404", "PUT", target, "", "$AUTH");
        }
        for (String method : List.of("POST", "PATCH")) {
            add(cases, "H-01", "405", method, pause, "", "$AUTH");
            add(cases, "H-01", "405", method, "/audit", "", "$AUTH");
        }
        gets(cases, "H-01", "405", pause, limit);
        gets(cases, "P-25", "422", "/audit?limit=0", "/audit?limit=101", "/audit?limit=x", "/audit?cursor=");
        gets(cases, "P-19", "400", "/audit?limit=1&limit=1", "/audit?owner=a", "/audit?cursor=x", "/audit?limit=%zz");
    }

    /** Changes of many jobs, of which none is made. */
    private static void bulks(List<Case> cases) {
        for (String path : List.of("/jobs/cancellations", "/jobs/retries")) {
            for (String body : List.of(
                    "{}",
                    "[]",
                    "1",
                    "null",
                    "{\"dryRun\":true}",
                    "{\"all\":false}",
                    "{\"all\":true,\"kind\":\"never.made\"}",
                    "{\"kind\":\"never.made\",\"status\":\"DONE\"}",
                    "{\"kind\":\"never.made\",\"limit\":1}",
                    "{\"filter\":{\"kind\":\"never.made\"}}",
                    "{\"kind\":null}",
                    "{\"kind\":\"\"}",
                    "{\"kind\":[\"never.made\"]}",
                    "{\"owner\":\"a b\"}",
                    "{\"owner\":7}",
                    "{\"reference\":\"\"}",
                    "{\"reference\":\"\\u0000\"}",
                    "{\"reference\":\"\\ud800\"}")) {
                add(cases, "J-06", "422", "POST", path, body, "$AUTH", JSON);
            }
            for (String max : List.of("0", "-1", "10001", "1.5", "1e99", "\"1\"", "null", "[]", "true", MANY)) {
                String body = "{\"kind\":\"never.made\",\"max\":" + max + "}";
                add(cases, "J-06", "422", "POST", path, body, "$AUTH", JSON);
            }
            for (String flag : List.of("1", "\"true\"", "null")) {
                String body = "{\"kind\":\"never.made\",\"dryRun\":" + flag + "}";
                add(cases, "J-06", "422", "POST", path, body, "$AUTH", JSON);
            }
            for (String body : List.of("", "{", "{\"all\":true", "{\"kind\":\"a\",\"kind\":\"b\"}")) {
                add(cases, "J-05", "400", "POST", path, body, "$AUTH", JSON);
            }
            add(cases, "J-22", "415", "POST", path, "{}", "$AUTH", "Content-Type: text/plain");
            add(cases, "A-01", "401", "POST", path, "{\"all\":true}", JSON);
            add(cases, "H-01", "405", "PUT", path, "{}", "$AUTH");
            gets(cases, "H-01", "405", path);
        }
        add(cases, "J-06", "422", "POST", "/jobs/retries", "{\"overdue\":true}", "$AUTH", JSON);
        add(cases, "J-06", "422", "POST", "/jobs/cancellations", "{\"overdue\":1}", "$AUTH", JSON);
    }

    /** The retry of a job, which no case finds. */
    private static void retries(List<Case> cases) {
        String retry = "/jobs/00000000-0000-4000-8000-000000000000/retry";
        for (String body : List.of("[]", "1", "null", "{\"payload\":1}", "{\"notBefore\":\"2030-01-01T00:00:00Z\"}")) {
            add(cases, "J-06", "422", "POST", retry, body, "$AUTH", JSON);
        }
        for (String body : List.of("{", "{'a':1}", "{\"a\":1,\"a\":1}")) {
            add(cases, "J-05", "400", "POST", retry, body, "$AUTH", JSON);
        }
        add(cases, "J-22", "415", "POST", retry, "{}", "$AUTH", "Content-Type: text/plain");
        add(cases, "A-01", "401", "POST", retry, "");
        add(cases, "P-03", "404", "POST", retry, "", "$AUTH");
        add(cases, "P-03", "404", "POST", "/jobs/x/retry", "", "$AUTH");
        for (String key : List.of("", "a b", "k".repeat(256))) {
            add(cases, "R-09", "400", "POST", retry, "", "$AUTH", "Idempotency-Key: " + key);
        }
        for (String method : List.of("PUT", "DELETE", "PATCH")) {
            add(cases, "H-01", "405", method, retry, "", "$AUTH");
        }
        gets(cases, "H-01", "405", retry);
    }

    /** What workers say to readers: messages, progress, results and codes. */
    private static void statements(List<Case> cases) {
        for (String said : List.of("7", "null", "[]", "{}")) {
            reports(cases, "J-06", "lease", "\"message\":" + said);
            reports(cases, "J-06", "failed", "\"error\":\"x\",\"retry\":false,\"code\":" + said);
            reports(cases, "J-06", "failed", "\"error\":\"x\",\"retry\":false,\"detail\":" + said);
        }
        for (String text : List.of("\\u0000", "a\\u0000b", "\\ud800", "\\udc00x")) {
            reports(cases, "J-12", "lease", "\"message\":\"" + text + "\"");
            reports(cases, "J-12", "done", LINKS + ",\"result\":\"" + text + "\"");
        }
        for (String message : List.of("", "m".repeat(201), "\\ud83c\\udfe5".repeat(101))) {
            reports(cases, "J-17", "lease", "\"message\":\"" + message + "\"");
        }
        for (String progress : List.of("-1", "100.01", "1e400", "\"50\"", "null", "true")) {
            reports(cases, "J-26", "lease", "\"message\":\"m\",\"progress\":" + progress);
        }
        for (String code : List.of("", "x".repeat(65), "a b", "a/b", "\\u0000", "\\u0451", "a:b", "\\n")) {
            reports(cases, "J-17", "failed", "\"error\":\"x\",\"retry\":false,\"code\":\"" + code + "\"");
        }
        reports(cases, "J-17", "failed", "\"error\":\"" + "x".repeat(1_020) + "\",\"retry\":false,\"code\":\"1005\"");
        for (String detail : List.of("", "x".repeat(1_025))) {
            reports(cases, "J-17", "failed", "\"error\":\"x\",\"retry\":false,\"detail\":\"" + detail + "\"");
        }
        reports(cases, "J-06", "done", LINKS + ",\"result\":null");
        reports(cases, "J-17", "done", LINKS + ",\"result\":\"" + "x".repeat((16 << 10) - 1) + "\"");
        reports(cases, "J-07", "done", LINKS + ",\"Result\":1");
        reports(cases, "J-07", "done", LINKS + ",\"code\":\"E-1\"");
        reports(cases, "J-07", "failed", "\"error\":\"x\",\"retry\":false,\"result\":1");
        reports(cases, "J-07", "lease", "\"result\":1");
    }

    private static void reports(List<Case> cases, String row, String what, String fields) {
        String method = what.equals("lease") ? "PUT" : "POST";
        add(cases, row, "422", method, "/jobs/$KEPT/" + what, "{\"token\":1," + fields + "}", "$AUTH", JSON);
    }

    /** The server of these cases has no endpoints. */
    private static void callbacks(List<Case> cases) {
        for (String callback : List.of("null", "1", "\"true\"", "{}", "[]", "{\"url\":\"https://a.example\"}")) {
            bodies(cases, "J-06", "422", job(",\"callback\":" + callback));
        }
        bodies(cases, "J-19", "422", job(",\"callback\":true"));
        bodies(cases, "J-05", "400", job(",\"callback\":false,\"callback\":false"));
        String reserved = "{\"kind\":\"asyncjob.callback\"," + LINKS + "}";
        bodies(
                cases,
                "J-19",
                "422",
                reserved,
                reserved.replace("}]}", "}],\"lease\":{\"worker\":\"w\",\"for\":\"PT1M\"}}"));
        String claim = claim("1", "\"PT30S\"");
        for (String kinds : List.of("\"asyncjob.callback\"", "\"nothing.here\",\"asyncjob.callback\"")) {
            String body = claim.replace("\"nothing.here\"", kinds);
            add(cases, "J-19", "422", "POST", "/jobs/claims", body, "$AUTH", JSON);
        }
    }

    private static void neighbours(List<Case> cases) {
        bodies(
                cases,
                "J-10",
                "400",
                "\u00ef\u00bb\u00bf" + job(""),
                job(",\"payload\":\"\u00ed\u00a0\u0080\""),
                job(",\"payload\":\"\u00c0\u0080\""));
        bodies(cases, "J-12", "422", job(",\"payload\":\"\\udc00\\ud800\""));
        bodies(cases, "J-12", "400", job(",\"payload\":{\"\\ud800\":1}"));
        bodies(
                cases,
                "J-05",
                "400",
                job(",\"payload\":{\"a\":1,\"\\u0061\":2}"),
                job(",\"payload\":[{\"a\":1,\"a\":1}]"),
                "{\"kind\":\"a\",\"links\":[{\"entity\":\"a\",\"entity\":\"a\"}]}");
        bodies(
                cases,
                "J-16",
                "422",
                job(",\"payload\":1e-999999999"),
                job(",\"payload\":0e999999999"),
                job(",\"payload\":1e2147483648"),
                job(",\"maxAttempts\":1.0"),
                job(",\"maxAttempts\":1e0"),
                job(",\"maxAttempts\":-0"),
                job(",\"maxAttempts\":4294967297"),
                job(",\"maxAttempts\":18446744073709551617"));
        for (String id : List.of("{%s}", "urn:uuid:%s", "%s ", "%s\\n", "")) {
            bodies(
                    cases,
                    "J-06",
                    "422",
                    job(",\"id\":\"" + id.formatted("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59") + "\""));
        }
        for (String date : List.of(
                "2027-01-01T24:00:00Z",
                "2027-01-01T23:59:60Z",
                "2027-01-01 00:00:00Z",
                "2027-01-01T00:00:00+0200",
                "2027-01-01T00:00:00+19:00",
                "2027-01-01T00:00:00.Z",
                "-2027-01-01T00:00:00Z")) {
            bodies(cases, "J-19", "422", job(",\"notBefore\":\"" + date + "\""));
        }
        for (String type : List.of(
                "application/json; charset=utf-16",
                "application/json; charset=iso-8859-1",
                "application/json; charset=",
                "application/json, text/plain",
                "application/json\r\nContent-Type: application/json",
                "*/*")) {
            add(cases, "J-22", "415", "POST", "/jobs", job(""), "$AUTH", "Content-Type: " + type);
        }
        for (String key : List.of("a b", "a\tb", "a\r\nIdempotency-Key: a")) {
            add(cases, "R-09", "400", "POST", "/jobs", job(""), "$AUTH", JSON, "Idempotency-Key: " + key);
        }
        gets(
                cases,
                "P-25",
                "422",
                "/jobs?limit=%2b1",
                "/jobs?limit=%EF%BC%91",
                "/jobs?limit",
                "/jobs?li%6dit=0",
                "/jobs?kind=%00",
                "/jobs?owner=%00");
        gets(
                cases,
                "P-19",
                "400",
                "/jobs?status=DONE&status=DONE",
                "/jobs?li%6dit=1&limit=1",
                "/jobs??limit=1",
                "/jobs?status[]=DONE");
        add(cases, "J-04", "400", "POST", "/jobs/outcomes", "[]x", "$AUTH", JSON);
        add(cases, "J-05", "400", "POST", "/jobs/outcomes", "{\"a\":1,\"a\":2}", "$AUTH", JSON);
    }

    private static String job(String more) {
        return "{\"kind\":\"bad.input\"," + LINKS + more + "}";
    }

    private static String claim(String max, String lease) {
        return "{\"kinds\":[\"nothing.here\"],\"max\":" + max + ",\"lease\":" + lease + ",\"worker\":\"w\"}";
    }

    private static void bodies(List<Case> cases, String row, String statuses, String... bodies) {
        for (String body : bodies) {
            add(cases, row, statuses, "POST", "/jobs", body, "$AUTH", JSON);
        }
    }

    private static void gets(List<Case> cases, String row, String statuses, String... targets) {
        for (String target : targets) {
            add(cases, row, statuses, "GET", target, "", "$AUTH");
        }
    }

    private static void add(
            List<Case> cases,
            String row,
            String statuses,
            String method,
            String target,
            String body,
            String... headers) {
        StringBuilder message = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n");
        for (String header : headers) {
            message.append(header).append("\r\n");
        }
        boolean counted =
                !body.isEmpty() || !List.of("GET", "HEAD", "OPTIONS", "TRACE").contains(method);
        message.append(counted ? "Content-Length: " + body.length() + "\r\n\r\n" : "\r\n")
                .append(body);
        raw(cases, row, statuses, message.toString());
    }

    private static void raw(List<Case> cases, String row, String statuses, String message) {
        cases.add(new Case(row, statuses, message, false));
    }

    private static void broken(List<Case> cases, String row, String statuses, String message) {
        cases.add(new Case(row, statuses, message, true));
    }
}
