package dev.asyncjob.ui;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A piece of HTML that is safe to print: elements, and texts and values of attributes, which {@link #escape} has
 * escaped. There is no other way to make one. Immutable.
 */
final class Html {
    /** Nothing. */
    static final Html NONE = new Html("");

    /** Elements without content and end (the HTML standard, section 13.1.2). */
    private static final Set<String> VOID = Set.of("input", "link", "meta");

    private final String text;

    private Html(String text) {
        this.text = text;
    }

    /** An attribute of an element; its name is a constant of ours. */
    record Attribute(String name, String value) {}

    static Attribute attr(String name, String value) {
        return new Attribute(name, value);
    }

    /** An attribute without a value. */
    static Attribute attr(String name) {
        return new Attribute(name, "");
    }

    /**
     * An element.
     *
     * @param name a constant of ours
     * @param content its attributes; its children, alone or as an {@code Iterable}; anything else is a text, and null
     *     nothing
     */
    static Html el(String name, @Nullable Object... content) {
        StringBuilder head = new StringBuilder("<").append(name);
        StringBuilder body = new StringBuilder();
        for (Object part : content) {
            if (part instanceof Attribute attribute) {
                head.append(' ')
                        .append(attribute.name)
                        .append("=\"")
                        .append(escape(attribute.value))
                        .append('"');
            } else {
                append(body, part);
            }
        }
        return new Html(head.append('>')
                .append(body)
                .append(VOID.contains(name) ? "" : "</" + name + ">")
                .toString());
    }

    /** Pieces one after the other, as the content of an element. */
    static Html all(@Nullable Object... content) {
        StringBuilder body = new StringBuilder();
        for (Object part : content) {
            append(body, part);
        }
        return new Html(body.toString());
    }

    private static void append(StringBuilder body, @Nullable Object part) {
        if (part instanceof Html html) {
            body.append(html.text);
        } else if (part instanceof Iterable<?> parts) {
            parts.forEach(each -> append(body, each));
        } else if (part != null) {
            body.append(escape(part.toString()));
        }
    }

    /** A text of strangers, whose direction of writing changes nothing around it. */
    static Html foreign(@Nullable Object text) {
        return text == null ? NONE : el("bdi", text);
    }

    /** The one function that everything printed goes through: a text as neither markup nor the end of an attribute. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                case '\r' -> {} // of an end of line, of which \n remains
                default -> escaped.appendCodePoint(isPrintable(c) ? c : 0xfffd);
            }
        });
        return escaped.toString();
    }

    /** Controls are errors of HTML but for the white space (the standard, section 13.2.3.5); so are halves of pairs. */
    private static boolean isPrintable(int c) {
        return c == '\n' || c == '\t' || !(Character.isISOControl(c) || Character.getType(c) == Character.SURROGATE);
    }

    /** The whole document that begins with this element. */
    String document() {
        return "<!doctype html>\n" + text;
    }

    @Override
    public String toString() {
        return text;
    }
}
