package dev.asyncjob.http.internal.exchange;

import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;

/**
 * One response: its status, its header fields in order, and its body. Immutable, provided that callers do not change
 * the array that {@link #body()} returns.
 *
 * <p>The fields that every response has in common ({@code x-request-id}, {@code X-Content-Type-Options}, {@code Vary})
 * are not in it: {@link HttpExchange#write} adds them for Javalin, and {@code JettyAnswers} for Jetty.
 *
 * @param status the HTTP status; with 304 the body is not sent, but its length is (RFC 9110 section 8.6)
 * @param fields the header fields besides the content type and the length
 * @param contentType such as {@link #JSON}
 * @param body the bytes, which must not change any more
 */
@SuppressWarnings("ArrayRecordComponent") // answers are not compared, and a copy would cost each status read
public record Answer(int status, List<HttpField> fields, HttpField contentType, byte[] body) {
    /** The content type of JSON bodies. */
    public static final HttpField JSON = contentType("application/json; charset=utf-8");

    /** The content type of errors as problem details (RFC 9457). */
    public static final HttpField PROBLEM_JSON = contentType("application/problem+json; charset=utf-8");

    /** The cache control of errors and of all responses except status reads and documents. */
    public static final HttpField NO_STORE = new PreEncodedHttpField(HttpHeader.CACHE_CONTROL, "no-store");

    public Answer {
        fields = List.copyOf(fields);
    }

    /** A JSON response that must not be kept. */
    public static Answer json(int status, byte[] body) {
        return new Answer(status, List.of(NO_STORE), JSON, body);
    }

    /** A content type, encoded once. */
    public static HttpField contentType(String value) {
        return new PreEncodedHttpField(HttpHeader.CONTENT_TYPE, value);
    }

    /** The 304 that stands for this response (RFC 9110 section 15.4.5). */
    public Answer notModified() {
        return new Answer(304, fields, contentType, body);
    }

    /** Whether the body is sent in answer to a GET. */
    public boolean hasContent() {
        return status != 304;
    }
}
