package dev.asyncjob.http;

import dev.asyncjob.http.settings.HttpSettings;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Adapts {@code openapi.yaml} to one server: its own status path, and only the paths that it serves. */
final class OpenApiDocument {
    /** One path with everything that is indented below it. */
    private static final Pattern PATH = Pattern.compile("(?m)^  (/\\S*):\n(?:    .*\n)*");

    private OpenApiDocument() {}

    /**
     * The document of one server.
     *
     * @param whole the whole document with the default paths
     * @param served the templates of the served paths, base path included
     */
    static String of(String whole, HttpSettings settings, Set<String> served) {
        String document = whole.replace(HttpSettings.defaults().statusPath(), settings.statusPath());
        return PATH.matcher(document)
                .replaceAll(path -> served.contains(settings.basePath() + path.group(1))
                        ? Matcher.quoteReplacement(path.group())
                        : "");
    }
}
