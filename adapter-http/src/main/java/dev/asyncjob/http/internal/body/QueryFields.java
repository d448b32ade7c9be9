package dev.asyncjob.http.internal.body;

import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.http.internal.exchange.ApiError;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads query parameters and collects every broken rule, so that one response (422) shows them all. A parameter that is
 * unknown or repeated makes the query malformed (400). For use by one thread.
 */
public final class QueryFields {
    private final Map<String, List<String>> sent;
    private final List<ApiError.Invalid> broken = new ArrayList<>();

    private QueryFields(Map<String, List<String>> sent) {
        this.sent = sent;
    }

    /**
     * The query of a request.
     *
     * @param known the names of all parameters that the route has
     * @throws ApiError 400 if there is another parameter, or one of these more than once
     */
    public static QueryFields of(Context ctx, List<String> known) {
        Map<String, List<String>> sent = ctx.queryParamMap();
        if (!known.containsAll(sent.keySet())) {
            throw ApiError.malformed(
                    invalid("query", "schema", "there must be no other parameter than those listed", known));
        }
        ApiError.Invalid[] repeated = known.stream()
                .filter(name -> sent.getOrDefault(name, List.of()).size() > 1)
                .map(name -> invalid(name, "single", name + " must be sent once", List.of()))
                .toArray(ApiError.Invalid[]::new);
        if (repeated.length > 0) {
            throw ApiError.malformed(repeated);
        }
        return new QueryFields(sent);
    }

    /** The value of a parameter; null if it is absent or breaks its rule. */
    public <T> @Nullable T value(String name, Function<String, T> value) {
        List<String> texts = sent.getOrDefault(name, List.of());
        try {
            return texts.isEmpty() ? null : value.apply(texts.get(0));
        } catch (InvalidValueException e) {
            broken.add(ApiError.Invalid.of("query_parameter", name, e));
            return null;
        }
    }

    /** The value of a parameter that must be there; null if it is absent or breaks its rule. */
    public <T> @Nullable T required(String name, Function<String, T> value) {
        if (!sent.containsKey(name)) {
            broken.add(invalid(name, "required", name + " is required", List.of()));
        }
        return value(name, value);
    }

    /**
     * Refuses the request if a parameter that was read broke its rule.
     *
     * @throws ApiError 422 with every broken rule
     */
    public void requireValid() {
        if (!broken.isEmpty()) {
            throw ApiError.invalid(broken);
        }
    }

    private static ApiError.Invalid invalid(String entry, String rule, String description, List<String> params) {
        return new ApiError.Invalid("query_parameter", entry, rule, description, params);
    }
}
