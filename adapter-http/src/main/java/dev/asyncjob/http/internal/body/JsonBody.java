package dev.asyncjob.http.internal.body;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.asyncjob.http.internal.exchange.ApiError;
import dev.asyncjob.http.internal.exchange.ApiError.Invalid;
import dev.asyncjob.http.internal.exchange.HttpExchange;
import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's JSON body strictly (RFC 8259): bodies that two parsers could understand differently are refused.
 */
public final class JsonBody {
    /** Nested arrays and objects at most. */
    public static final int MAX_DEPTH = 32;

    /** Characters of one property's name at most. */
    public static final int MAX_NAME = 1_000;

    private static final Pattern CONTENT_TYPE = Pattern.compile("application/json\\s*(;.*)?");
    private static final Pattern OTHER_CHARSET = Pattern.compile(".*;\\s*charset\\s*=(?!\"?utf-8\"?\\s*(;|$)).*");

    static final String BOUNDS = "values must not be nested deeper than %s, nor names be longer than %s characters"
            .formatted(MAX_DEPTH, MAX_NAME);

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .streamReadConstraints(constraints(MAX_DEPTH, MAX_NAME))
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private static final ObjectWriter SORTED = MAPPER.writer().with(JsonNodeFeature.WRITE_PROPERTIES_SORTED);

    private JsonBody() {}

    static StreamReadConstraints constraints(int maxDepth, int maxName) {
        return StreamReadConstraints.builder()
                .maxNestingDepth(maxDepth)
                .maxNameLength(maxName)
                .maxNumberLength(Integer.MAX_VALUE) // a long number is valid JSON; JsonLimits checks it
                .build();
    }

    /** A value as JSON text without white space, with every digit and the order of properties as they were sent. */
    public static String text(JsonNode value) {
        return text(value, MAPPER.writer());
    }

    /** A value as JSON text in a form that is equal for bodies that differ only in white space and order. */
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
     * @throws ApiError 400, 408, 413, 415 or 422, as in the contract's table
     */
    public static JsonNode object(Context ctx, int maxBody) throws IOException {
        return object(ctx, bytes(ctx, maxBody));
    }

    /** An object as a map of the JDK's types: String, Boolean, Number, List, Map and null. */
    public static Map<String, @Nullable Object> map(JsonNode object) {
        return MAPPER.convertValue(object, new TypeReference<>() {});
    }

    /** The body as a JSON object, or empty if the request has none. */
    public static Optional<JsonNode> objectIfAny(Context ctx, int maxBody) throws IOException {
        byte[] bytes = bytes(ctx, maxBody);
        return bytes.length == 0 ? Optional.empty() : Optional.of(object(ctx, bytes));
    }

    private static JsonNode object(Context ctx, byte[] bytes) throws IOException {
        JsonNode node = value(ctx, bytes);
        if (!node.isObject()) {
            throw ApiError.invalid(List.of(Invalid.property("$", "type", "the body must be a JSON object")));
        }
        return node;
    }

    /** The body as any JSON value. */
    public static JsonNode value(Context ctx, int maxBody) throws IOException {
        return value(ctx, bytes(ctx, maxBody));
    }

    private static JsonNode value(Context ctx, byte[] bytes) throws IOException {
        requireJson(ctx);
        return strict(text(bytes));
    }

    /** A value of a body or of an element, checked by every rule. */
    static JsonNode strict(String text) throws IOException {
        List<Invalid> overLimits = overLimits(text);
        if (!overLimits.isEmpty()) {
            throw ApiError.invalid(overLimits);
        }
        return parse(text);
    }

    static void requireJson(Context ctx) {
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

    static byte[] bytes(Context ctx, int maxBody) {
        byte[] bytes;
        try {
            bytes = ctx.req().getInputStream().readNBytes(maxBody + 1);
        } catch (IOException e) {
            throw brokenOff(ctx, e);
        }
        if (bytes.length > maxBody) {
            throw ApiError.ofStatus(413);
        }
        return bytes;
    }

    /** The error for a body that did not arrive, 400 or 408. */
    public static ApiError brokenOff(Context ctx, IOException e) {
        ctx.header("Connection", "close");
        return isTimeout(e) ? ApiError.ofStatus(408) : malformed("the body is broken off, or its framing is");
    }

    private static boolean isTimeout(Throwable thrown) {
        return Stream.iterate(thrown, Objects::nonNull, Throwable::getCause)
                .anyMatch(TimeoutException.class::isInstance);
    }

    static String text(byte[] bytes) {
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
     * The broken rules of {@link JsonLimits}, looked for before any number is computed, as many as a response shows.
     */
    private static List<Invalid> overLimits(String text) throws IOException {
        List<Invalid> found = new ArrayList<>();
        try (JsonParser parser = MAPPER.createParser(text)) {
            requireOneValue(parser.nextToken() != null);
            do {
                if (found.size() < ApiError.MAX_INVALID) {
                    JsonLimits.check(parser, parser.currentToken(), found);
                }
            } while (!parser.getParsingContext().inRoot() && parser.nextToken() != null);
            requireOneValue(parser.nextToken() == null);
            return found;
        } catch (JsonProcessingException e) {
            throw malformed(e);
        }
    }

    static void requireOneValue(boolean holds) {
        if (!holds) {
            throw malformed("the body must be one JSON value");
        }
    }

    static ApiError malformed(JsonProcessingException e) {
        if (e instanceof StreamConstraintsException) {
            return malformed("in the body, " + BOUNDS);
        }
        return e.getLocation() == null
                ? malformed("the body must be JSON")
                : malformed("the body is not JSON at line %s, column %s"
                        .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }

    static ApiError malformed(String description) {
        return ApiError.malformed(new Invalid("request", "$", "json", description, List.of()));
    }
}
