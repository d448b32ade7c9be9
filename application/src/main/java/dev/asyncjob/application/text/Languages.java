package dev.asyncjob.application.text;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The languages in which people read of jobs: English and Ukrainian. */
public final class Languages {
    private Languages() {}

    /**
     * Returns the text in the language that a reader prefers; in English if there is none in such a language.
     *
     * @param acceptLanguage the lines of the header {@code Accept-Language}; what cannot be read is no preference
     */
    public static ExplanationText preferredBy(List<String> acceptLanguage) {
        return "uk".equals(preferred(String.join(",", acceptLanguage))) ? new UkrainianText() : new EnglishText();
    }

    private static @Nullable String preferred(String header) {
        try {
            return header.isEmpty() ? null : Locale.lookupTag(Locale.LanguageRange.parse(header), List.of("en", "uk"));
        } catch (IllegalArgumentException e) {
            return null;
        }
    }
}
