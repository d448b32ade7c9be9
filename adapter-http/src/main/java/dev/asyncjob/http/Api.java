package dev.asyncjob.http;

import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import io.javalin.config.JavalinState;
import io.javalin.plugin.Plugin;

/**
 * A part of the API as a Javalin plugin: {@code config.registerPlugin(...)} mounts it into any Javalin, where it
 * affects no routes or errors but its own. Safe for use from any thread.
 */
public abstract sealed class Api extends Plugin<Void>
        permits JobApi, WorkApi, SlowRequestApi, ServiceApi, IndexApi, MetricsApi, PagesApi {
    private final Routes routes = new Routes();
    private final DeferredResponses deferredResponses = new DeferredResponses();

    Api() {}

    final Routes routes() {
        return routes;
    }

    /** The responses that routes write later; they end when the server stops. */
    final DeferredResponses deferredResponses() {
        return deferredResponses;
    }

    @Override
    public final void onInitialize(JavalinState state) {
        routes.addTo(state);
        state.events.serverStarting(deferredResponses::open);
        state.events.serverStopping(deferredResponses::close);
    }

    @Override
    public final void onStart(JavalinState state) {
        routes.addRefusalsTo(state);
    }
}
