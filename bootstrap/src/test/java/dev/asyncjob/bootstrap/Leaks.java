package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;

/** Looks for what must never show. Tests plant it: whatever is secret or sensitive in them begins so. */
final class Leaks {
    /** What every planted value begins with. */
    static final String PLANTED = "planted-";

    private static final List<String> SECRETS =
            List.of(ServerProcess.TOKEN, ServerProcess.API_KEY, "ajk_", "ajt_", "Bearer ey");

    /** What only the inside of the server is made of. */
    private static final Pattern INSIDES = Pattern.compile(
            "Exception|\\bat (?:java|dev|org|io)\\.|dev\\.asyncjob|(?i:select |insert into|update asyncjob)|jdbc:|\\.java\\b|"
                    + Pattern.quote(System.getProperty("user.dir")));

    private Leaks() {}

    /** No secret stands there. */
    static void assertNoSecretIn(String text, String where) {
        for (String secret : SECRETS) {
            assertThat(text.contains(secret)).as("%s shows %s", where, secret).isFalse();
        }
        int planted = text.indexOf(PLANTED);
        assertThat(planted)
                .as(() -> where + ": "
                        + text.substring(Math.max(0, planted - 200), Math.min(text.length(), planted + 50)))
                .isNegative();
    }

    /** A body shows neither a secret nor the inside of the server; the URL that was asked is repeated by contract. */
    static void assertNoneIn(String body, String where) {
        assertNoSecretIn(body.replaceFirst("\"url\":\"[^\"]*\"", ""), where);
        assertThat(body).as(where).doesNotContainPattern(INSIDES);
    }
}
