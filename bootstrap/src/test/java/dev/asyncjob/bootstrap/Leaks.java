package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Looks for secrets and internals in the output of the server. Secret values of the tests begin with {@link #PLANTED}.
 */
final class Leaks {
    /** The prefix of all secret values of the tests. */
    static final String PLANTED = "planted-";

    private static final List<String> SECRETS =
            List.of(ServerProcess.TOKEN, ServerProcess.API_KEY, "ajk_", "ajt_", "Bearer ey");

    /** Names that occur only inside the server. */
    private static final Pattern INSIDES = Pattern.compile(
            "Exception|\\bat (?:java|dev|org|io)\\.|dev\\.asyncjob|(?i:select |insert into|update asyncjob)|jdbc:|\\.java\\b|"
                    + Pattern.quote(System.getProperty("user.dir")));

    private Leaks() {}

    /** Checks that a text contains no secret. */
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

    /**
     * Checks that a body contains no secret and no internals, except in the request URL, which the contract repeats.
     */
    static void assertNoneIn(String body, String where) {
        assertNoSecretIn(body.replaceFirst("\"url\":\"[^\"]*\"", ""), where);
        assertThat(body).as(where).doesNotContainPattern(INSIDES);
    }
}
