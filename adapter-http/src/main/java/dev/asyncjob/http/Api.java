package dev.asyncjob.http;

import io.javalin.config.JavalinState;
import io.javalin.plugin.Plugin;

/**
 * A part of the API as a Javalin plugin: {@code config.registerPlugin(...)} mounts it into anybody's Javalin, where it
 * touches no route or error but its own. Thread-safe.
 */
public abstract sealed class Api extends Plugin<Void> permits JobApi, CompositionApi, ServiceApi {
    private final Routes routes;

    Api(Routes routes) {
        this.routes = routes;
    }

    final Routes routes() {
        return routes;
    }

    @Override
    public final void onInitialize(JavalinState state) {
        routes.putInto(state.routes);
    }
}
