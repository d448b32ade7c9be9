package dev.asyncjob.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
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
final class JsonBody {
    /** Arrays and objects within each other at most. */
    static final int MAX_DEPTH = 32;

    /** Characters of one property's name at most. */
    static final int MAX_NAME = 1_000;

    /** Characters of one number at most. */
    static final int MAX_NUMBER = 100;

    private static final Pattern CONTENT_TYPE = Pattern.compile("application/json\\s*(;.*)?");
    private static final Pattern OTHER_CHARSET = Pattern.compile(".*;\\s*charset=(?!\"?utf-8\"?\\s*(;|$)).*");

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNameLength(MAX_NAME)
                            .maxNumberLength(Integer.MAX_VALUE) // a long number is valid JSON: see reasonable()
                            .build())
                    .build())
            .build();

    private JsonBody() {}

    /**
     * The body as a JSON object.
     *
     * @param maxBody bytes at most
     * @throws ApiError 400, 408, 413, 415 or 422, as the contract's table has it
     */
    static JsonNode object(Context ctx, int maxBody) throws IOException {
        return object(ctx, bytes(ctx, maxBody));
    }

    /** The body as a JSON object, or empty if the request has none. */
    static Optional<JsonNode> objectIfAny(Context ctx, int maxBody) throws IOException {
        byte[] bytes = bytes(ctx, maxBody);
        return bytes.length == 0 ? Optional.empty() : Optional.of(object(ctx, bytes));
    }

    private static JsonNode object(Context ctx, byte[] bytes) throws IOException {
        requireJson(ctx);
        String text = text(bytes);
        requireReasonable(text);
        JsonNode node = parse(text);
        if (!node.isObject()) {
            throw ApiError.invalid(List.of(property("$", "type", "the body must be a JSON object")));
        }
        return node;
    }

    /** A broken rule of one property; {@code path} as in {@code $.data}. */
    static ApiError.Invalid property(String path, String rule, String description) {
        return new ApiError.Invalid("json_data_property", path, rule, description, List.of());
    }

    private static void requireJson(Context ctx) {
        String encoding = ctx.req().getHeader("Content-Encoding");
        if (encoding != null && !encoding.equalsIgnoreCase("identity")) {
            throw ApiError.unsupportedMediaType("Content encoding is not supported");
        }
        List<String> types = Exchange.headers(ctx, "Content-Type"); // the servlet's own getter fails on odd charsets
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

    /** Refuses what is valid JSON but cannot be kept or would cost too much, before any number is computed. */
    private static void requireReasonable(String text) throws IOException {
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
                checkToken(parser, token, found);
            }
        } catch (JsonProcessingException e) {
            throw malformed(e);
        }
        if (!any) {
            throw malformed("the body must be one JSON value");
        }
        if (!found.isEmpty()) {
            throw ApiError.invalid(found);
        }
    }

    private static void checkToken(JsonParser parser, JsonToken token, List<ApiError.Invalid> found)
            throws IOException {
        String path =
                "$" + parser.getParsingContext().pathAsPointer().toString().replace('/', '.');
        if (token.isNumeric() && parser.getTextLength() > MAX_NUMBER) {
            found.add(property(path, "length", "a number must have at most " + MAX_NUMBER + " characters"));
        }
        boolean isText = token == JsonToken.VALUE_STRING || token == JsonToken.FIELD_NAME;
        if (isText && parser.getText().chars().anyMatch(c -> c == 0)) {
            found.add(property("$", "format", "text must not contain U+0000"));
        }
    }

    private static ApiError malformed(JsonProcessingException e) {
        if (e instanceof StreamConstraintsException) {
            return malformed("the body must not be nested deeper than %d, nor have longer names than %d characters"
                    .formatted(MAX_DEPTH, MAX_NAME));
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
