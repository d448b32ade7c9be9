package dev.asyncjob.domain;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A link to a resource that a job is about.
 *
 * @param entity the kind of resource, such as {@code eHealth/composition}: 1 to {@value #MAX_ENTITY_LENGTH} of
 *     {@code A-Z a-z 0-9 . _ / -}
 * @param href where the resource is, or null while it does not exist: a relative reference or an http(s) URL of RFC
 *     3986, 1 to {@value #MAX_HREF_LENGTH} characters
 */
public record ResourceLink(String entity, @Nullable String href) {
    /** Characters of {@link #entity} at most. */
    public static final int MAX_ENTITY_LENGTH = 128;

    /** Characters of {@link #href} at most. */
    public static final int MAX_HREF_LENGTH = 2048;

    /**
     * No scheme but http(s), no {@code //host} and no {@code user@host}: a link must not lead a browser to another host
     * by surprise.
     */
    private static final Pattern HREF = Pattern.compile(
            "(?:https?://(?![^/?#]*@)[A-Za-z0-9]|/(?!/)|[?#]|(?![^/?#]*:)[^/?#])[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=%-]*");

    /** Each percent sign begins an escape, none of a control character; possessive, so matching does not recurse. */
    private static final Pattern URI_CHARACTERS =
            Pattern.compile("(?:[A-Za-z0-9._~:/?#\\[\\]@!$&'()*+,;=-]++|%(?![01]|7[Ff])[0-9A-Fa-f]{2})*+");

    /** @throws InvalidValueException if a part breaks its rule */
    public ResourceLink {
        Rules.length("entity", entity, 1, MAX_ENTITY_LENGTH);
        Rules.name("entity", entity, true, "._/-", "of A-Z, a-z, 0-9, '.', '_', '/' and '-'");
        if (href != null) {
            Rules.length("href", href, 1, MAX_HREF_LENGTH);
            Rules.format("href", href, URI_CHARACTERS, "of the characters that RFC 3986 allows");
            Rules.format("href", href, HREF, "a relative reference or an http(s) URL");
        }
    }

    /** A link to something that does not exist yet. */
    public static ResourceLink to(String entity) {
        return new ResourceLink(entity, null);
    }
}
