package dev.asyncjob.http;

import dev.asyncjob.http.settings.HttpSettings;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code openapi.yaml} as one server keeps it: with its own status path, and without paths that it does not serve. */
final class OpenApiDocument {
    /** One path with all that is indented below it. */
    private static final Pattern PATH = Pattern.compile("(?m)^  (/\\S*):\n(?:    .*\n)*");

    private OpenApiDocument() {}

    /**
     * The text to serve.
     *
     * @param whole the whole document, under the default paths
     * @param served path templates with the base path before them
     */
    static String of(String whole, HttpSettings settings, Set<String> served) {
        String document = whole.replace(HttpSettings.defaults().statusPath(), settings.statusPath());
        return PATH.matcher(document)
                .replaceAll(path -> served.contains(settings.basePath() + path.group(1))
                        ? Matcher.quoteReplacement(path.group())
                        : "");
    }
}
