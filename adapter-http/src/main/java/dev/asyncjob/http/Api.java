package dev.asyncjob.http;

import dev.asyncjob.http.internal.exchange.Routes;
import dev.asyncjob.http.internal.jetty.DeferredResponses;
import io.javalin.config.JavalinState;
import io.javalin.plugin.Plugin;

/**
 * A part of the API as a Javalin plugin: {@code config.registerPlugin(...)} mounts it into anybody's Javalin, where it
 * touches no route or error but its own. Thread-safe.
 */
public abstract sealed class Api extends Plugin<Void> permits JobApi, WorkApi, CompositionApi, ServiceApi, MetricsApi {
    private final Routes routes;

    private final DeferredResponses heldAnswers = new DeferredResponses();

    Api(Routes routes) {
        this.routes = routes;
    }

    final Routes routes() {
        return routes;
    }

    /** Where routes hold back answers; those end when the server stops. */
    final DeferredResponses heldAnswers() {
        return heldAnswers;
    }

    @Override
    public final void onInitialize(JavalinState state) {
        routes.putInto(state.routes);
        state.events.serverStarting(heldAnswers::open);
        state.events.serverStopping(heldAnswers::close);
    }

    @Override
    public final void onStart(JavalinState state) {
        routes.putRefusalsInto(state.routes);
    }
}
