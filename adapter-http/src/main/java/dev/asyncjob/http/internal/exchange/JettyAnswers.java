package dev.asyncjob.http.internal.exchange;

import java.nio.ByteBuffer;
import java.util.List;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.PreEncodedHttpField;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Writes an {@link Answer} to a response of Jetty's, where a request does not reach Javalin. */
public final class JettyAnswers {
    private static final HttpField NO_SNIFF = new PreEncodedHttpField("X-Content-Type-Options", "nosniff");
    private static final HttpField VARY = new PreEncodedHttpField(HttpHeader.VARY, HttpExchange.VARY);

    private JettyAnswers() {}

    /** Writes to a response to which no handler has added fields: this adds without looking for earlier ones. */
    public static void write(Request request, Response response, Callback callback, Answer answer) {
        HttpFields.Mutable headers = response.getHeaders();
        headers.add(RequestId.HEADER, RequestId.of(request));
        headers.add(NO_SNIFF);
        headers.add(VARY);
        List<HttpField> fields = answer.fields();
        for (int i = 0; i < fields.size(); i++) {
            headers.add(fields.get(i));
        }
        send(request, response, callback, answer);
    }

    /** Writes an error instead of the fields that handlers may have prepared. */
    public static void writeError(Request request, Response response, Callback callback, Answer error) {
        HttpFields.Mutable headers = response.getHeaders();
        headers.put(Answer.NO_STORE);
        headers.put(NO_SNIFF);
        headers.put(RequestId.HEADER, RequestId.of(request));
        headers.put(VARY);
        error.fields().forEach(headers::put);
        send(request, response, callback, error);
    }

    private static void send(Request request, Response response, Callback callback, Answer answer) {
        HttpFields.Mutable headers = response.getHeaders();
        response.setStatus(answer.status());
        headers.put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        if (answer.hasContent()) {
            headers.put(answer.contentType());
        }
        boolean bodySent = answer.hasContent() && !"HEAD".equals(request.getMethod());
        response.write(true, bodySent ? ByteBuffer.wrap(answer.body()) : null, callback);
    }
}
