package dev.asyncjob.client;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads and writes JSON (RFC 8259). It is here so that the client has no dependencies: embedders choose their own. */
final class Json {
    /** More than the nesting of any body of the contract; what is deeper is skipped. */
    private static final int MAX_DEPTH = 64;

    private final String text;
    private final Set<String> verbatim;
    private int at;
    private int depth;

    private Json(String text, Set<String> verbatim) {
        this.text = text;
        this.verbatim = verbatim;
    }

    /** A JSON string with its quotes. */
    static String text(String value) {
        return value.chars()
                .mapToObj(c -> c == '"' || c == '\\' || c < ' ' ? "\\u%04x".formatted(c) : String.valueOf((char) c))
                .collect(Collectors.joining("", "\"", "\""));
    }

    /** A JSON object of fields whose values are JSON already; without those that are null. */
    static String object(Map<String, @Nullable String> fields) {
        return fields.entrySet().stream()
                .filter(field -> field.getValue() != null)
                .map(field -> text(field.getKey()) + ":" + field.getValue())
                .collect(Collectors.joining(",", "{", "}"));
    }

    /**
     * Reads one value: a {@link Map}, {@link List}, {@link String}, {@link Double}, {@link Boolean} or null. Ignores a
     * byte order mark before it, as RFC 8259 section 8.1 allows. Of what a newer server may send nothing is refused: a
     * number beyond the range of a double is infinite, and arrays and objects below 64 levels are null.
     *
     * @throws IllegalArgumentException if the text is not one JSON value; the message does not repeat it
     */
    static @Nullable Object parse(String text) {
        return parse(text, Set.of());
    }

    /** Likewise, but the values of these fields, unless they are null, are JSON as it is in the text. */
    static @Nullable Object parse(String text, Set<String> verbatim) {
        Json json = new Json(text, verbatim);
        json.at = text.startsWith("\uFEFF") ? 1 : 0;
        Object value = json.value();
        json.skipSpace();
        if (json.at < text.length()) {
            throw json.invalid();
        }
        return value;
    }

    private @Nullable Object value() {
        skipSpace();
        if (depth == MAX_DEPTH && (peek() == '{' || peek() == '[')) {
            return skipped();
        }
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", null);
            default -> number();
        };
    }

    private Map<String, @Nullable Object> object() {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        enter();
        while (next('}', fields.isEmpty())) {
            skipSpace();
            String name = string();
            skipSpace();
            consume(':');
            skipSpace();
            int from = at;
            Object value = value();
            fields.put(name, value != null && verbatim.contains(name) ? text.substring(from, at) : value);
        }
        return fields;
    }

    private List<@Nullable Object> array() {
        List<@Nullable Object> values = new ArrayList<>();
        enter();
        while (next(']', values.isEmpty())) {
            values.add(value());
        }
        return values;
    }

    private void enter() {
        at++;
        depth++;
    }

    /** Skips an array or object without recursion, and without a look at what separates its values. */
    private @Nullable Object skipped() {
        int open = 0;
        do {
            switch (peek()) {
                case '{', '[' -> open++;
                case '}', ']' -> open--;
                case '"' -> {
                    var unused = string();
                    continue;
                }
                default -> {}
            }
            at++;
        } while (open > 0);
        return null;
    }

    /** Whether another element follows; consumes the separator before it, or the end. */
    private boolean next(char end, boolean first) {
        skipSpace();
        if (peek() == end) {
            at++;
            depth--;
            return false;
        }
        if (!first) {
            consume(',');
        }
        return true;
    }

    private String string() {
        consume('"');
        StringBuilder value = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(at++);
            if (c < ' ') {
                throw invalid();
            }
            value.append(c == '\\' ? escaped() : c);
        }
        at++;
        return value.toString();
    }

    private char escaped() {
        char c = peek();
        at++;
        int index = "\"\\/bfnrt".indexOf(c);
        if (index >= 0) {
            return "\"\\/\b\f\n\r\t".charAt(index);
        }
        if (c != 'u' || at + 4 > text.length() || !text.substring(at, at + 4).matches("[0-9a-fA-F]{4}")) {
            throw invalid();
        }
        at += 4;
        return (char) Integer.parseInt(text.substring(at - 4, at), 16);
    }

    private @Nullable Object word(String word, @Nullable Object value) {
        if (!text.startsWith(word, at)) {
            throw invalid();
        }
        at += word.length();
        return value;
    }

    private Double number() {
        int from = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String number = text.substring(from, at);
        if (!number.matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?")) {
            throw invalid();
        }
        return Double.valueOf(number);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw invalid();
        }
        return text.charAt(at);
    }

    private void consume(char c) {
        if (peek() != c) {
            throw invalid();
        }
        at++;
    }

    private IllegalArgumentException invalid() {
        return new IllegalArgumentException("not JSON at character " + at);
    }
}
