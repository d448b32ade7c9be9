package dev.asyncjob.http.internal.body;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.ApiError.Invalid;
import io.javalin.http.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads a request's JSON array in such a way that an element which breaks a rule does not affect the others. */
public final class JsonArray {
    /** Nested arrays and objects at most where a value is only skipped. */
    private static final int MAX_SKIPPED_DEPTH = 1_000;

    private static final JsonFactory LENIENT = JsonFactory.builder()
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(JsonBody.constraints(MAX_SKIPPED_DEPTH, Integer.MAX_VALUE))
            .build();

    private JsonArray() {}

    /**
     * One element of an array, not checked yet.
     *
     * @param text its JSON text, whose syntax is valid
     * @param path its path, such as {@code $[0]}
     */
    public record Element(String text, String path) {
        /**
         * The element as JSON.
         *
         * @throws ApiError 400 or 422 if it breaks a rule for whole bodies
         */
        public JsonNode value() throws IOException {
            try {
                return JsonBody.strict(text);
            } catch (ApiError e) {
                throw e.status() == 422
                        ? ApiError.invalid(e.invalid().stream()
                                .map(part -> part.under(path))
                                .toList())
                        : ApiError.malformed(
                                Invalid.property(path, "json", "names must be unique, " + JsonBody.BOUNDS));
            }
        }
    }

    /**
     * The elements of the body, which must be a JSON array.
     *
     * @param maxBody bytes at most
     * @param maxElements elements at most
     * @throws ApiError 400, 408, 413, 415 or 422, as in the contract's table
     */
    public static List<Element> read(Context ctx, int maxBody, int maxElements) throws IOException {
        byte[] bytes = JsonBody.bytes(ctx, maxBody);
        JsonBody.requireJson(ctx);
        String text = JsonBody.text(bytes);
        try (JsonParser parser = LENIENT.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                JsonBody.strict(text);
                throw ApiError.invalid(List.of(Invalid.property("$", "type", "the body must be a JSON array")));
            }
            List<Element> elements = elements(parser, text, maxElements);
            JsonBody.requireOneValue(parser.nextToken() == null);
            return elements;
        } catch (JsonProcessingException e) {
            throw JsonBody.malformed(e);
        }
    }

    private static List<Element> elements(JsonParser parser, String text, int max) throws IOException {
        List<Element> elements = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            requireRoom(elements.size(), max);
            int begin = (int) parser.currentTokenLocation().getCharOffset();
            parser.skipChildren();
            parser.finishToken();
            int end = (int) parser.currentLocation().getCharOffset();
            elements.add(new Element(text.substring(begin, end), "$[" + elements.size() + "]"));
        }
        return elements;
    }

    private static void requireRoom(int taken, int max) {
        if (taken == max) {
            throw ApiError.invalid(List.of(new Invalid(
                    "json_data_property",
                    "$",
                    "length",
                    "there must be at most " + max + " entries",
                    List.of(Integer.toString(max)))));
        }
    }
}
