package dev.asyncjob.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;

/**
 * Reads JSON that decides about access: UTF-8 without a byte order mark, one object and nothing after it, and no member
 * twice at any depth (RFC 8259 section 4, RFC 7519 section 4). The JSON parser of the JWT library accepts more.
 */
final class StrictJson {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    private StrictJson() {}

    /** The members of the object; empty if the bytes are anything else. */
    static Optional<Map<String, Object>> object(byte[] json) {
        try {
            // Decoded here, since the JSON library would also guess UTF-16 and UTF-32, and pass over a mark.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(json))
                    .toString();
            return text.stripLeading().startsWith("{") ? Optional.of(JSON.readValue(text, OBJECT)) : Optional.empty();
        } catch (CharacterCodingException | JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
