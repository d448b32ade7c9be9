package dev.asyncjob.identity;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.KeyDeserializer;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.type.TypeFactory;
import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.GuardedFile;
import java.io.IOException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The format of a file with values by the names of clients: {@link #CLIENTS} or {@link #CALLBACKS}.
 *
 * <pre>{@code
 * {"clients": {"clinic-a": {
 *     "scopes": ["composition:read"],
 *     "api-keys": [{"sha256": "9f86d0…", "createdAt": "2026-11-23T12:00:00Z"}],
 *     "tokens": [{"sha256": "60303a…", "createdAt": "2026-11-23T12:00:00Z"}]}}}
 *
 * {"callbacks": {"clinic-a": {
 *     "url": "https://clinic-a.example/ended",
 *     "kinds": ["report"],
 *     "createdAt": "2026-11-23T12:00:00Z",
 *     "secrets": [{"secret": "whsec_…", "createdAt": "2026-11-23T12:00:00Z"}]}}}
 * }</pre>
 *
 * A secret that expires also has {@code "expiresAt"}, a disabled endpoint {@code "disabledAt"}. A field that is unknown
 * or stands twice is refused: it may be misspelt, and its author relies on it.
 */
final class FileFormat<T> implements GuardedFile.Format<T> {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(MapperFeature.SORT_CREATOR_PROPERTIES_FIRST)
            .addModule(text(SecretHash.class, SecretHash::parse, SecretHash::hex))
            .addModule(text(Scope.class, Scope::parse, Scope::text))
            .addModule(text(Instant.class, FileFormat::instant, Instant::toString))
            .addModule(text(JobKind.class, JobKind::new, JobKind::value))
            .addModule(text(URI.class, CallbackEntry::url, URI::toString))
            .addModule(new SimpleModule("names").addKeyDeserializer(Owner.class, new NameReader()))
            .build();

    /** The format of a clients file. */
    static final FileFormat<Client> CLIENTS = new FileFormat<>("clients", Client.class);

    /** The format of a callbacks file. */
    static final FileFormat<CallbackEntry> CALLBACKS = new FileFormat<>("callbacks", CallbackEntry.class);

    private final String member;
    private final JavaType type;

    private FileFormat(String member, Class<T> value) {
        this.member = member;
        TypeFactory types = JSON.getTypeFactory();
        this.type = types.constructMapType(
                LinkedHashMap.class,
                types.constructType(String.class),
                types.constructMapType(LinkedHashMap.class, Owner.class, value));
    }

    @Override
    public boolean hasSecrets() {
        return this == CALLBACKS;
    }

    /** The name of the only member of the file, which says what its values are. */
    @Override
    public String member() {
        return member;
    }

    /**
     * The values in the text of a file by name, in its order; the map can be changed.
     *
     * @throws IllegalArgumentException if it is malformed; the message says where, and quotes nothing of the text
     */
    @Override
    public Map<Owner, T> parse(String json) {
        try {
            Map<String, Map<Owner, T>> content = JSON.readValue(json, type);
            Map<Owner, T> values = content == null || content.size() != 1 ? null : content.get(member);
            if (values == null || values.containsValue(null)) {
                throw new IllegalArgumentException(malformed());
            }
            return values;
        } catch (JsonProcessingException e) {
            // Without its cause: the messages of the library quote the text.
            JsonLocation place = e.getLocation();
            throw new IllegalArgumentException((e.getCause() instanceof InvalidValueException broken
                            ? broken.getMessage()
                            : malformed())
                    + (place == null ? "" : " (line %s, column %s)".formatted(place.getLineNr(), place.getColumnNr())));
        }
    }

    @Override
    public String render(Map<Owner, T> values) {
        Map<Owner, T> sorted = new TreeMap<>(Comparator.comparing(Owner::value));
        sorted.putAll(values);
        try {
            return JSON.writeValueAsString(Map.of(member, sorted)) + "\n";
        } catch (JsonProcessingException e) {
            throw new AssertionError("values can always be written", e);
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
                    throw new JsonMappingException(parser, "no text");
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
            throw new JsonMappingException(parser, "a bad value", e);
        }
    }

    private static final class NameReader extends KeyDeserializer {
        @Override
        public Owner deserializeKey(String name, DeserializationContext context) throws IOException {
            return parsed(context.getParser(), Owner::new, name);
        }
    }
}
