package dev.asyncjob.http.internal.body;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import dev.asyncjob.http.internal.exchange.ApiError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds, token by token, valid JSON that cannot be stored or would cost too much to compute with. */
final class JsonLimits {
    /** Characters of one number at most. */
    static final int MAX_NUMBER = 100;

    /** An exponent of four digits or more: computing with such a number would take seconds. */
    private static final Pattern HUGE_EXPONENT = Pattern.compile("[^eE]*[eE][+-]?0*[1-9]\\d{3,}");

    private static final Pattern PLAIN_NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    /** The property whose names only workers may see. */
    private static final String PAYLOAD = "$.payload";

    private JsonLimits() {}

    /** Adds the rule that the parser's present token breaks, if it breaks one. */
    static void check(JsonParser parser, JsonToken token, List<ApiError.Invalid> broken) throws IOException {
        JsonStreamContext place = parser.getParsingContext();
        if (token.isNumeric()) {
            checkNumber(parser.getText(), place, broken);
        } else if (token == JsonToken.VALUE_STRING && !isStorable(parser.getText())) {
            broken.add(unstorable(place));
        } else if (token == JsonToken.FIELD_NAME && !isStorable(parser.getText())) {
            broken.add(unstorable(place.getParent()));
        }
    }

    private static void checkNumber(String number, JsonStreamContext place, List<ApiError.Invalid> broken) {
        if (number.length() > MAX_NUMBER) {
            broken.add(ApiError.Invalid.property(
                    path(place), "length", "a number must have at most " + MAX_NUMBER + " characters"));
        } else if (HUGE_EXPONENT.matcher(number).matches()) {
            broken.add(ApiError.Invalid.property(path(place), "range", "a number's exponent must be -999 to 999"));
        }
    }

    private static ApiError.Invalid unstorable(@Nullable JsonStreamContext place) {
        return ApiError.Invalid.property(
                path(place), "format", "text must be without U+0000 and without half surrogate pairs");
    }

    private static boolean isStorable(String text) {
        return text.indexOf(0) < 0 && StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }

    /** A path such as {@code $.links[0].href}; names that the client made up are replaced by a star. */
    private static String path(@Nullable JsonStreamContext place) {
        if (place == null || place.inRoot()) {
            return "$";
        }
        String parent = path(place.getParent());
        if (place.inArray()) {
            return parent + "[" + place.getCurrentIndex() + "]";
        }
        String name = String.valueOf(place.getCurrentName());
        boolean plain = PLAIN_NAME.matcher(name).matches() && !parent.startsWith(PAYLOAD);
        return parent + "." + (plain ? name : "*");
    }
}
