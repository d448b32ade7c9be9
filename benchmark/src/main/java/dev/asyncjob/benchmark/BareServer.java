package dev.asyncjob.benchmark;

import io.javalin.Javalin;
import io.javalin.http.Context;

/**
 * The upper limit of a Javalin server: the default settings and a constant response. It has one path for each body
 * length in its arguments.
 */
final class BareServer {
    private BareServer() {}

    public static void main(String[] lengths) throws Exception {
        Javalin server = Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    for (String length : lengths) {
                        byte[] body = "x"
                                .repeat(Integer.parseInt(length))
                                .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
                        config.routes.get("/" + length + Reads.PATH, ctx -> answer(ctx, body));
                    }
                })
                .start("127.0.0.1", 0);
        ProcessProtocol.serveAt(server.port());
    }

    private static void answer(Context ctx, byte[] body) {
        ctx.contentType("application/json; charset=utf-8").result(body);
    }
}
