package dev.asyncjob.identity;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads JSON objects of an identity provider. */
final class Json {
    private Json() {}

    /** The members of a JSON object by name; empty if the text is anything else. */
    static Optional<Map<String, Object>> object(byte[] json) {
        try {
            @Nullable Map<String, Object> object = JSONObjectUtils.parse(new String(json, StandardCharsets.UTF_8));
            return Optional.ofNullable(object); // null for the text null
        } catch (ParseException e) {
            return Optional.empty();
        }
    }
}
