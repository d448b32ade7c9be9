package dev.asyncjob.http.internal.body;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.http.internal.exchange.ApiError;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the properties of a JSON object and collects every broken rule, so that one response shows them all (422,
 * contract section 1). For use by one thread.
 *
 * <p>A caller first declares each property and then, if no rule is broken, builds its value from them. Properties that
 * were not declared are refused.
 *
 * <p>Ours because Jackson's data binding stops at the first error and puts the client's text into its messages.
 */
public final class JsonFields {
    /** RFC 3339: a date, a time and an offset; more than nine decimals are refused. */
    private static final Pattern INSTANT =
            Pattern.compile("\\d{4}-\\d{2}-\\d{2}[Tt]\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?([Zz]|[+-]\\d{2}:\\d{2})");

    /** The part of ISO 8601 that {@link Duration} supports, in whole seconds. */
    private static final Pattern SECONDS = Pattern.compile("PT(?=\\d)(\\d{1,9}H)?(\\d{1,9}M)?(\\d{1,9}S)?");

    private final JsonNode object;
    private final String path;
    private final List<ApiError.Invalid> broken;
    private final Set<String> declared = new HashSet<>();

    private JsonFields(JsonNode object, String path, List<ApiError.Invalid> broken) {
        this.object = object;
        this.path = path;
        this.broken = broken;
    }

    /** Converts one JSON value. */
    @FunctionalInterface
    public interface Reader<T> {
        /** Returns the converted value, or null after it added at least one broken rule. */
        @Nullable
        T read(JsonNode node, String path, List<ApiError.Invalid> broken);
    }

    /** A declared property; its value may be used when no rule is broken. */
    public record Field<T>(@Nullable T orNull) {
        /** The value of a required property. */
        public T get() {
            if (orNull == null) {
                throw new NoSuchElementException("the property is absent or invalid");
            }
            return orNull;
        }

        /** The value, or {@code other} if the property is absent. */
        public T orElse(T other) {
            return orNull == null ? other : orNull;
        }
    }

    /**
     * Reads a value from a body or a part of one.
     *
     * @param path the path of the part, {@code $} for the whole body
     * @param reader declares all properties and returns what builds the value from them
     * @throws ApiError 422 with every broken rule
     */
    public static <T> T read(JsonNode node, String path, Function<JsonFields, Supplier<T>> reader) {
        return read(node, path, List.of(), reader);
    }

    /** The same in a request of which other parts have broken these rules. */
    public static <T> T read(
            JsonNode node, String path, List<ApiError.Invalid> others, Function<JsonFields, Supplier<T>> reader) {
        List<ApiError.Invalid> broken = new ArrayList<>(others);
        T value = object(reader).read(node, path, broken);
        if (value == null || !others.isEmpty()) {
            throw ApiError.invalid(broken);
        }
        return value;
    }

    /** Declares a property that must be present. */
    public <T> Field<T> required(String name, Reader<T> reader) {
        if (!object.has(name)) {
            declared.add(name);
            broken.add(ApiError.Invalid.property(path + "." + name, "required", name + " is required"));
            return new Field<>(null);
        }
        return optional(name, reader);
    }

    /** Declares a property that may be absent, but not {@code null}. */
    public <T> Field<T> optional(String name, Reader<T> reader) {
        declared.add(name);
        JsonNode node = object.get(name);
        return new Field<>(node == null ? null : reader.read(node, path + "." + name, broken));
    }

    public static <T> Reader<T> text(Function<String, T> value) {
        return expecting("a string", JsonNode::isTextual, node -> value.apply(node.textValue()));
    }

    /** A number without fraction. */
    public static <T> Reader<T> whole(LongFunction<T> value) {
        return expecting(
                "a whole number below 2^63",
                node -> node.isIntegralNumber() && node.canConvertToLong(),
                node -> value.apply(node.longValue()));
    }

    /** A number without fraction; one beyond the range of {@code int} is replaced by the nearest bound. */
    public static <T> Reader<T> count(IntFunction<T> value) {
        return whole(number -> value.apply((int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, number))));
    }

    public static Reader<Double> number() {
        return expecting("a number", JsonNode::isNumber, JsonNode::doubleValue);
    }

    public static Reader<Boolean> flag() {
        return expecting("true or false", JsonNode::isBoolean, JsonNode::booleanValue);
    }

    /** Any JSON value, {@code null} included. */
    public static Reader<JsonNode> any() {
        return (node, path, broken) -> node;
    }

    /** An instant in the format of RFC 3339. */
    public static Reader<Instant> instant() {
        return text(text -> {
            try {
                if (INSTANT.matcher(text).matches()) {
                    return OffsetDateTime.parse(text).toInstant();
                }
            } catch (DateTimeException e) {
                // a date that does not exist; refused below
            }
            throw new InvalidValueException(
                    "format", "must be an RFC 3339 date and time such as 2022-10-24T12:35:49.956Z", List.of());
        });
    }

    /** A duration in whole seconds in the format of ISO 8601. */
    public static <T> Reader<T> duration(Function<Duration, T> value) {
        return text(text -> {
            if (!SECONDS.matcher(text).matches()) {
                throw new InvalidValueException(
                        "format", "must be an ISO 8601 duration in whole seconds such as PT30S", List.of());
            }
            return value.apply(Duration.parse(text));
        });
    }

    public static <T> Reader<List<T>> array(Reader<T> item) {
        return (node, path, broken) -> {
            if (!node.isArray()) {
                broken.add(wrongType("an array", path));
                return null;
            }
            List<T> items = new ArrayList<>();
            for (int i = 0; i < node.size() && broken.size() <= ApiError.MAX_INVALID; i++) {
                T read = item.read(node.get(i), path + "[" + i + "]", broken);
                if (read != null) {
                    items.add(read);
                }
            }
            return items;
        };
    }

    /** An array of so many items, those that break a rule included. */
    public static <T> Reader<List<T>> array(Reader<T> item, int min, int max) {
        return (node, path, broken) -> {
            if (node.isArray() && (node.size() < min || node.size() > max)) {
                broken.add(new ApiError.Invalid(
                        "json_data_property",
                        path,
                        "length",
                        "there must be %s to %s items".formatted(min, max),
                        List.of(Integer.toString(min), Integer.toString(max))));
            }
            return array(item).read(node, path, broken);
        };
    }

    /** Converts the value of another reader to a type of the domain. */
    public static <S, T> Reader<T> of(Reader<S> reader, Function<S, T> value) {
        return (node, path, broken) -> {
            int before = broken.size();
            S read = reader.read(node, path, broken);
            return read == null || broken.size() > before ? null : guarded(() -> value.apply(read), path, broken);
        };
    }

    /** An object without properties that are not declared. */
    public static <T> Reader<T> object(Function<JsonFields, Supplier<T>> reader) {
        return (node, path, broken) -> {
            if (!node.isObject()) {
                broken.add(wrongType("an object", path));
                return null;
            }
            int before = broken.size();
            JsonFields fields = new JsonFields(node, path, broken);
            Supplier<T> value = reader.apply(fields);
            fields.refuseOthers();
            return broken.size() > before ? null : guarded(value, path, broken);
        };
    }

    /** Refuses undeclared properties without repeating their names, which the client chose. */
    private void refuseOthers() {
        Set<String> others = new HashSet<>();
        object.fieldNames().forEachRemaining(others::add);
        others.removeAll(declared);
        if (!others.isEmpty()) {
            broken.add(new ApiError.Invalid(
                    "json_data_property",
                    path,
                    "schema",
                    "there must be no other property than those listed",
                    declared.stream().sorted().toList()));
        }
    }

    private static <T> @Nullable T guarded(Supplier<T> value, String path, List<ApiError.Invalid> broken) {
        try {
            return value.get();
        } catch (InvalidValueException e) {
            broken.add(ApiError.Invalid.of("json_data_property", path, e));
            return null;
        }
    }

    private static <T> Reader<T> expecting(String what, Predicate<JsonNode> type, Function<JsonNode, T> value) {
        return (node, path, broken) -> {
            if (!type.test(node)) {
                broken.add(wrongType(what, path));
                return null;
            }
            return guarded(() -> value.apply(node), path, broken);
        };
    }

    private static ApiError.Invalid wrongType(String expected, String path) {
        return ApiError.Invalid.property(path, "type", "must be " + expected);
    }
}
