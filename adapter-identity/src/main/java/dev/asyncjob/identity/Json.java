package dev.asyncjob.identity;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What an identity provider answers. */
final class Json {
    private Json() {}

    /** The members of a JSON object by name; nothing if it is none. */
    static Optional<Map<String, Object>> object(byte[] json) {
        try {
            @Nullable Map<String, Object> object = JSONObjectUtils.parse(new String(json, StandardCharsets.UTF_8));
            return Optional.ofNullable(object); // the text null is none
        } catch (ParseException e) {
            return Optional.empty();
        }
    }
}
