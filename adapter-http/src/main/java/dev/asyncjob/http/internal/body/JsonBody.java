package dev.asyncjob.http.internal.body;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/** Reads a request's JSON body strictly (RFC 8259): what two readers could take for two things is refused. */
public final class JsonBody {
    /** Arrays and objects within each other at most. */
    public static final int MAX_DEPTH = 32;

    /** The same where a value is skipped only. */
    private static final int MAX_SKIPPED_DEPTH = 1_000;

    /** Characters of one property's name at most. */
    public static final int MAX_NAME = 1_000;

    private static final Pattern CONTENT_TYPE = Pattern.compile("application/json\\s*(;.*)?");
    private static final Pattern OTHER_CHARSET = Pattern.compile(".*;\\s*charset\\s*=(?!\"?utf-8\"?\\s*(;|$)).*");

    private static final String BOUNDS =
            "values must not be nested deeper than %d, nor names be longer than %d characters"
                    .formatted(MAX_DEPTH, MAX_NAME);

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .streamReadConstraints(constraints(MAX_DEPTH, MAX_NAME))
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    /** Takes an array apart: what one element does wrong must not spoil the others. */
    private static final JsonFactory LOOSE = JsonFactory.builder()
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(constraints(MAX_SKIPPED_DEPTH, Integer.MAX_VALUE))
            .build();

    private static final ObjectWriter SORTED = MAPPER.writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private JsonBody() {}

    private static StreamReadConstraints constraints(int maxDepth, int maxName) {
        return StreamReadConstraints.builder()
                .maxNestingDepth(maxDepth)
                .maxNameLength(maxName)
                .maxNumberLength(Integer.MAX_VALUE) // a long number is valid JSON: see JsonLimits
                .build();
    }

    /** A value as JSON text without white space: every digit as it was sent, properties in the order they came in. */
    public static String text(JsonNode value) {
        return text(value, MAPPER.writer());
    }

    /** The same with properties in alphabetical order, so that two texts of the same meaning are equal. */
    public static String canonical(JsonNode value) {
        return text(value, SORTED);
    }

    private static String text(JsonNode value, ObjectWriter writer) {
        try {
            return writer.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a value that was read cannot be written", e);
        }
    }

    /**
     * The body as a JSON object.
     *
     * @param maxBody bytes at most
     * @throws ApiError 400, 408, 413, 415 or 422, as the contract's table has it
     */
    public static JsonNode object(Context ctx, int maxBody) throws IOException {
        return object(ctx, bytes(ctx, maxBody));
    }

    /** The body as a JSON object, or empty if the request has none. */
    public static Optional<JsonNode> objectIfAny(Context ctx, int maxBody) throws IOException {
        byte[] bytes = bytes(ctx, maxBody);
        return bytes.length == 0 ? Optional.empty() : Optional.of(object(ctx, bytes));
    }

    private static JsonNode object(Context ctx, byte[] bytes) throws IOException {
        JsonNode node = value(ctx, bytes);
        if (!node.isObject()) {
            throw ApiError.invalid(List.of(property("$", "type", "the body must be a JSON object")));
        }
        return node;
    }

    /**
     * An element of an array, alone in its good or bad fortune.
     *
     * @param text its JSON text, of which no more is known than that its syntax is right
     * @param path where it is, as in {@code $[0]}
     */
    public record Element(String text, String path) {
        /**
         * The element as JSON.
         *
         * @throws ApiError 400 or 422 if it breaks a rule that whole bodies must keep
         */
        public JsonNode value() throws IOException {
            try {
                return strict(text);
            } catch (ApiError e) {
                throw e.status() == 422
                        ? ApiError.invalid(e.invalid().stream()
                                .map(part -> part.under(path))
                                .toList())
                        : ApiError.malformed(property(path, "json", "names must be unique, " + BOUNDS));
            }
        }
    }

    /**
     * The elements of the body, which must be a JSON array.
     *
     * @param maxBody bytes at most
     * @param maxElements elements at most
     * @throws ApiError 400, 408, 413, 415 or 422, as the contract's table has it
     */
    public static List<Element> array(Context ctx, int maxBody, int maxElements) throws IOException {
        byte[] bytes = bytes(ctx, maxBody);
        requireJson(ctx);
        String text = text(bytes);
        try (JsonParser parser = LOOSE.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                strict(text);
                throw ApiError.invalid(List.of(property("$", "type", "the body must be a JSON array")));
            }
            List<Element> elements = elements(parser, text, maxElements);
            if (parser.nextToken() != null) {
                throw malformed("the body must be one JSON value");
            }
            return elements;
        } catch (JsonProcessingException e) {
            throw malformed(e);
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
            throw ApiError.invalid(List.of(new ApiError.Invalid(
                    "json_data_property",
                    "$",
                    "length",
                    "there must be at most " + max + " entries",
                    List.of(Integer.toString(max)))));
        }
    }

    /** The body as whatever JSON value it is. */
    public static JsonNode value(Context ctx, int maxBody) throws IOException {
        return value(ctx, bytes(ctx, maxBody));
    }

    private static JsonNode value(Context ctx, byte[] bytes) throws IOException {
        requireJson(ctx);
        return strict(text(bytes));
    }

    private static JsonNode strict(String text) throws IOException {
        List<ApiError.Invalid> unreasonable = unreasonable(text);
        if (!unreasonable.isEmpty()) {
            throw ApiError.invalid(unreasonable);
        }
        return parse(text);
    }

    /** A broken rule of one property; {@code path} as in {@code $.data}. */
    public static ApiError.Invalid property(String path, String rule, String description) {
        return new ApiError.Invalid("json_data_property", path, rule, description, List.of());
    }

    private static void requireJson(Context ctx) {
        List<String> codings = HttpExchange.headers(ctx, "Content-Encoding");
        if (!codings.stream().allMatch("identity"::equalsIgnoreCase)) {
            throw ApiError.unsupportedMediaType("Content encoding is not supported");
        }
        List<String> types =
                HttpExchange.headers(ctx, "Content-Type"); // the servlet's own getter fails on odd charsets
        String type = types.size() == 1 ? types.get(0).strip().toLowerCase(Locale.ROOT) : "";
        if (!CONTENT_TYPE.matcher(type).matches() || OTHER_CHARSET.matcher(type).matches()) {
            throw ApiError.ofStatus(415);
        }
    }

    private static byte[] bytes(Context ctx, int maxBody) {
        byte[] bytes;
        try {
            bytes = ctx.req().getInputStream().readNBytes(maxBody + 1);
        } catch (IOException e) {
            ctx.header("Connection", "close");
            throw isTimeout(e) ? ApiError.ofStatus(408) : malformed("the body is broken off, or its framing is");
        }
        if (bytes.length > maxBody) {
            throw ApiError.tooLarge();
        }
        return bytes;
    }

    private static boolean isTimeout(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof TimeoutException) {
                return true;
            }
        }
        return false;
    }

    private static String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("the body must be UTF-8");
        }
    }

    private static JsonNode parse(String text) throws IOException {
        try (JsonParser parser = MAPPER.createParser(text)) {
            return MAPPER.readTree(parser);
        } catch (JsonProcessingException e) {
            throw malformed(e);
        }
    }

    /**
     * What is valid JSON but cannot be kept or would cost too much; found before any number is computed. No more is
     * looked for than is told.
     */
    private static List<ApiError.Invalid> unreasonable(String text) throws IOException {
        List<ApiError.Invalid> found = new ArrayList<>();
        boolean any = false;
        try (JsonParser parser = MAPPER.createParser(text)) {
            int depth = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (any && depth == 0) {
                    throw malformed("the body must be one JSON value");
                }
                any = true;
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (found.size() < ApiError.MAX_INVALID) {
                    JsonLimits.check(parser, token, found);
                }
            }
        } catch (JsonProcessingException e) {
            throw malformed(e);
        }
        if (!any) {
            throw malformed("the body must be one JSON value");
        }
        return found;
    }

    private static ApiError malformed(JsonProcessingException e) {
        if (e instanceof StreamConstraintsException) {
            return malformed("in the body, " + BOUNDS);
        }
        return e.getLocation() == null
                ? malformed("the body must be JSON")
                : malformed("the body is not JSON at line %d, column %d"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }

    private static ApiError malformed(String description) {
        return ApiError.malformed(new ApiError.Invalid("request", "$", "json", description, List.of()));
    }
}
