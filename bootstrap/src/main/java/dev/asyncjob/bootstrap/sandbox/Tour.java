package dev.asyncjob.bootstrap.sandbox;

import dev.asyncjob.http.settings.HttpSettings;
import java.util.UUID;

/** What the sandbox prints when it is ready: its credentials, and commands that can be pasted into a POSIX shell. */
public final class Tour {
    private static final String CREDENTIALS = "-H \"Authorization: Bearer $TOKEN\" -H \"api-key: $API_KEY\"";

    private Tour() {}

    /**
     * The text, with a line end at its end.
     *
     * @param url where the API listens, without the base path
     * @param page where the page for operators is; empty if it is switched off
     * @param once the link that opens it without the credentials; empty if there is none
     * @param compositionId the composition to sign, which need not exist
     */
    public static String of(
            String url, String page, String once, HttpSettings http, SandboxClient client, UUID compositionId) {
        String status = "curl -s %s -H 'Prefer: wait=10' \"$API%s\"\n"
                .formatted(CREDENTIALS, http.statusPath().replace(HttpSettings.ID, "$JOB"));
        return """
                token: %s
                api-key: %s

                export API=%s TOKEN=%s API_KEY=%s

                """.formatted(
                                client.token(),
                                client.apiKey(),
                                url + http.basePath(),
                                word(client.token()),
                                word(client.apiKey()))
                + "1. Schedule a job of any kind, here an invoice that the sandbox prints, and wait until it is DONE:\n\n"
                + schedule("POST", "/jobs", "{\"kind\":\"invoice.print\",\"links\":[{\"entity\":\"shop/invoice\"}]}")
                + status
                + "\n2. Sign a composition of eHealth, which takes as long as sandbox.duration says:\n\n"
                + schedule("PATCH", "/patients/composition/" + compositionId + "/sign", "{\"data\":\"c2lnbmVk\"}")
                + status
                + "\nAPI documentation: " + url + http.basePath() + "/docs\n"
                + (page.isEmpty() ? "" : "Page for operators: " + page + ", with the token and the api-key above\n")
                + (once.isEmpty() ? "" : "Once, within an hour, without them: " + once + "\n");
    }

    /** A credential as a word of the shell, which would replace a tilde at the beginning by a home directory. */
    private static String word(String credential) {
        return credential.startsWith("~") ? "\\" + credential : credential;
    }

    /** Keeps the id of the new job in {@code JOB}. */
    private static String schedule(String method, String path, String body) {
        return "JOB=$(curl -s -X %s %s -H 'Content-Type: application/json' -d '%s' \"$API%s\" %s)\n"
                .formatted(method, CREDENTIALS, body, path, "| sed 's/.*\"id\":\"\\([^\"]*\\)\".*/\\1/'");
    }
}
