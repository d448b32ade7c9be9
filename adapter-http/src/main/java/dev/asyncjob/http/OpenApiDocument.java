package dev.asyncjob.http;

import dev.asyncjob.http.settings.HttpSettings;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Adapts {@code openapi.yaml} to one server: its own status path, and only the methods that it serves. */
final class OpenApiDocument {
    /** One path with everything that is indented below it. */
    private static final Pattern PATH = Pattern.compile("(?m)^  (/\\S*):\n(?:(?:    .*)?\n)*");

    /** One method of a path; OpenAPI 3.1 has no QUERY, which is therefore an extension. */
    private static final Pattern METHOD = Pattern.compile("(?m)^    (?:x-)?([a-z]+):\n(?:(?:      .*)?\n)*");

    private OpenApiDocument() {}

    /**
     * The document of one server.
     *
     * @param whole the whole document with the default paths
     * @param served the served methods, such as {@code GET /jobs}, base path included
     */
    static String of(String whole, HttpSettings settings, Set<String> served) {
        HttpSettings usual = HttpSettings.defaults();
        String statuses = settings.statusesPath();
        String document = whole.replace("\n  " + usual.statusesPath() + ":\n", "\n  " + statuses + ":\n")
                .replace(
                        "\n  " + usual.statusesPath() + "/statuses:\n",
                        "\n  " + (statuses.equals("/") ? "" : statuses) + "/statuses:\n")
                .replace(usual.statusPath(), settings.statusPath());
        return PATH.matcher(document).replaceAll(path -> {
            String kept = METHOD.matcher(path.group())
                    .replaceAll(method -> served.contains(method.group(1).toUpperCase(Locale.ROOT) + " "
                                    + settings.basePath() + path.group(1))
                            ? Matcher.quoteReplacement(method.group())
                            : "");
            return METHOD.matcher(kept).find() ? Matcher.quoteReplacement(kept) : "";
        });
    }
}
