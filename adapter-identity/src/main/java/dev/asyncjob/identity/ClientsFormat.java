package dev.asyncjob.identity;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The format of a clients file.
 *
 * <pre>{@code
 * {"clients": {"clinic-a": {
 *     "scopes": ["composition:read"],
 *     "api-keys": [{"sha256": "9f86d0…", "createdAt": "2026-11-23T12:00:00Z"}],
 *     "tokens": [{"sha256": "60303a…", "createdAt": "2026-11-23T12:00:00Z"}]}}}
 * }</pre>
 *
 * A secret that expires also has {@code "expiresAt"}. A field that is unknown or stands twice is refused: it may be
 * misspelt, and its author relies on it.
 */
final class ClientsFormat {
    private static final String MALFORMED = "not a clients file";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
            .addModule(text(SecretHash.class, SecretHash::parse, SecretHash::hex))
            .addModule(text(Scope.class, Scope::parse, Scope::text))
            .addModule(text(Instant.class, ClientsFormat::instant, Instant::toString))
            .addModule(new SimpleModule("names").addKeyDeserializer(Owner.class, new NameReader()))
            .build();

    private ClientsFormat() {}

    /** The file as a whole. */
    record Content(Map<Owner, Client> clients) {
        Content {
            clients.values().forEach(Objects::requireNonNull);
        }
    }

    /**
     * The clients in the text of a file by name, in its order; the map can be changed.
     *
     * @throws IllegalArgumentException if it is malformed; the message says where, and quotes nothing of the text
     */
    static Map<Owner, Client> parse(String json) {
        try {
            Content content = JSON.readValue(json, Content.class);
            if (content == null) {
                throw new IllegalArgumentException(MALFORMED); // the text null
            }
            return content.clients();
        } catch (JsonProcessingException e) {
            // Without its cause: the messages of the library quote the text.
            JsonLocation place = e.getLocation();
            throw new IllegalArgumentException((e.getCause() instanceof InvalidValueException broken
                            ? broken.getMessage()
                            : MALFORMED)
                    + (place == null ? "" : " (line %s, column %s)".formatted(place.getLineNr(), place.getColumnNr())));
        }
    }

    /** The text that {@link #parse} reads, ordered by name. */
    static String render(Map<Owner, Client> clients) {
        Map<Owner, Client> sorted = new TreeMap<>(Comparator.comparing(Owner::value));
        sorted.putAll(clients);
        try {
            return JSON.writeValueAsString(new Content(sorted)) + "\n";
        } catch (JsonProcessingException e) {
            throw new AssertionError("clients can always be written", e);
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new InvalidValueException("format", "a time must be an instant of RFC 3339", List.of());
        }
    }

    /** Reads and writes values of a type as JSON strings. */
    private static <T> SimpleModule text(Class<T> type, Function<String, T> parse, Function<T, String> render) {
        JsonDeserializer<T> reader = new JsonDeserializer<>() {
            @Override
            public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
                if (!parser.hasToken(JsonToken.VALUE_STRING)) {
                    throw new JsonMappingException(parser, MALFORMED);
                }
                return parsed(parser, parse, parser.getText());
            }
        };
        JsonSerializer<T> writer = new JsonSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator generator, SerializerProvider provider) throws IOException {
                generator.writeString(render.apply(value));
            }
        };
        return new SimpleModule(type.getName()).addDeserializer(type, reader).addSerializer(type, writer);
    }

    private static <T> T parsed(JsonParser parser, Function<String, T> parse, String text) throws IOException {
        try {
            return parse.apply(text);
        } catch (InvalidValueException e) {
            throw new JsonMappingException(parser, MALFORMED, e);
        }
    }

    private static final class NameReader extends KeyDeserializer {
        @Override
        public Owner deserializeKey(String name, DeserializationContext context) throws IOException {
            return parsed(context.getParser(), Owner::new, name);
        }
    }
}
