package dev.asyncjob.identity;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
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
import dev.asyncjob.domain.Owner;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedSet;
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
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .addModule(text(SecretHash.class, SecretHash::parse, SecretHash::hex))
            .addModule(text(Scope.class, Scope::parse, Scope::text))
            .addModule(text(Instant.class, ClientsFormat::instant, Instant::toString))
            .addModule(new SimpleModule("names").addKeyDeserializer(Owner.class, new NameReader()))
            .build();

    private ClientsFormat() {}

    /** The file as a whole. */
    record Content(Map<Owner, Fields> clients) {
        Content {
            clients.values().forEach(Objects::requireNonNull);
        }
    }

    /** A client without its name. */
    record Fields(
            @JsonProperty("api-keys") List<Client.Credential> apiKeys,
            SortedSet<Scope> scopes,
            List<Client.Credential> tokens) {
        Fields {
            apiKeys = List.copyOf(apiKeys);
            Objects.requireNonNull(scopes);
            tokens = List.copyOf(tokens);
        }
    }

    /**
     * Reads the text of a file.
     *
     * @throws IllegalArgumentException if it is malformed; the message says where, and quotes nothing of the text
     */
    static Clients parse(String json) {
        Clients clients = Clients.none();
        for (Map.Entry<Owner, Fields> client : read(json).clients().entrySet()) {
            Fields fields = client.getValue();
            clients = clients.with(new Client(client.getKey(), fields.scopes(), fields.apiKeys(), fields.tokens()));
        }
        return clients;
    }

    private static Content read(String json) {
        try {
            Content content = JSON.readValue(json, Content.class);
            if (content == null) {
                throw new IllegalArgumentException(MALFORMED);
            }
            return content;
        } catch (JsonProcessingException e) {
            // Without its cause: the messages of the library quote the text.
            throw new IllegalArgumentException(reason(e) + position(e.getLocation()));
        }
    }

    private static String reason(JsonProcessingException e) {
        return e instanceof InvalidText invalid ? invalid.getOriginalMessage() : MALFORMED;
    }

    private static String position(JsonLocation location) {
        return location == null ? "" : " (line %d, column %d)".formatted(location.getLineNr(), location.getColumnNr());
    }

    /** The text that {@link #parse} reads, ordered by name. */
    static String render(Clients clients) {
        Map<String, Fields> byName = new TreeMap<>();
        clients.all()
                .forEach(client -> byName.put(
                        client.name().value(), new Fields(client.apiKeys(), client.scopes(), client.tokens())));
        try {
            return JSON.writeValueAsString(Map.of("clients", byName)) + "\n";
        } catch (JsonProcessingException e) {
            throw new AssertionError("clients can always be written", e);
        }
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("a time must be an instant of RFC 3339", e);
        }
    }

    /** Reads and writes values of a type as JSON strings. */
    private static <T> SimpleModule text(Class<T> type, Function<String, T> parse, Function<T, String> render) {
        JsonDeserializer<T> reader = new JsonDeserializer<>() {
            @Override
            public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
                if (!parser.hasToken(JsonToken.VALUE_STRING)) {
                    throw new InvalidText(parser, MALFORMED);
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

    private static <T> T parsed(JsonParser parser, Function<String, T> parse, String text) throws InvalidText {
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            throw new InvalidText(parser, Objects.requireNonNullElse(e.getMessage(), MALFORMED));
        }
    }

    private static final class NameReader extends KeyDeserializer {
        @Override
        public Owner deserializeKey(String name, DeserializationContext context) throws IOException {
            return parsed(context.getParser(), Owner::new, name);
        }
    }

    /** A string that breaks a rule of ours; the message quotes nothing of it. */
    private static final class InvalidText extends JsonMappingException {
        private static final long serialVersionUID = 1L;

        InvalidText(JsonParser parser, String message) {
            super(parser, message);
        }
    }
}
