package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.http.RawHttp;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.Test;

class JettyAnswersTest {
    private static RawHttp.Answer answerAfter(Throwable failure) throws Exception {
        Server server = new Server();
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setErrorHandler(new JettyAnswers());
        server.setHandler(new Handler.Abstract() {
            @Override
            public boolean handle(Request request, Response response, Callback callback) {
                Response.writeError(request, response, callback, failure);
                return true;
            }
        });
        server.start();
        try {
            return RawHttp.send(connector.getLocalPort(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        } finally {
            server.stop();
        }
    }

    @Test
    void a_head_that_could_not_be_read_for_want_of_memory_is_503() throws Exception {
        RawHttp.Answer answer =
                answerAfter(new HttpException.RuntimeException(400, "Bad Request", new OutOfMemoryError("on purpose")));

        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).contains("2");
        assertThat(answer.header("Connection")).contains("close");
    }

    @Test
    void another_head_that_could_not_be_read_is_400() throws Exception {
        RawHttp.Answer answer = answerAfter(new HttpException.RuntimeException(400, "Bad Request"));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.header("Connection")).contains("close");
    }
}
