package dev.asyncjob.http;

import java.util.List;
import java.util.Random;

/**
 * Makes odd texts out of ordinary ones: bytes are flipped, taken out, put in, doubled, and parts of other texts and
 * words that readers stumble over are put between. The same seed gives the same texts.
 */
final class Mutations {
    private static final List<String> WORDS = List.of(
            "\u0000",
            "\r\n",
            "\n",
            "\t",
            "\u007f",
            "\u0080",
            "\u00ff",
            "%00",
            "%2F",
            "%zz",
            "..",
            "/",
            "\\",
            "\"",
            "'",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            ";",
            "=",
            "*",
            "W/",
            "null",
            "true",
            "-1",
            "0",
            "1e999999",
            "NaN",
            "9223372036854775808",
            "\\u0000",
            "\\ud800",
            "\ufeff",
            " ",
            "  ",
            "Bearer ",
            "bearer",
            "wait=",
            "respond-async",
            "PT30S",
            "~",
            "--");
    private static final int MAX_LENGTH = 6_000;

    private final Random random;
    private final List<String> corpus;

    Mutations(long seed, List<String> corpus) {
        this.random = new Random(seed);
        this.corpus = corpus;
    }

    String next() {
        StringBuilder text = new StringBuilder(any(corpus));
        for (int changes = random.nextInt(6); changes > 0; changes--) {
            change(text);
        }
        return text.length() > MAX_LENGTH ? text.substring(0, MAX_LENGTH) : text.toString();
    }

    private void change(StringBuilder text) {
        int at = random.nextInt(text.length() + 1);
        int end = Math.min(text.length(), at + random.nextInt(12));
        switch (random.nextInt(8)) {
            case 0 -> text.delete(at, end);
            case 1 -> text.insert(at, any(WORDS));
            case 2 -> text.insert(at, (char) random.nextInt(256));
            case 3 -> text.insert(at, text.substring(at, end).repeat(1 + random.nextInt(40)));
            case 4 -> text.insert(at, any(corpus));
            case 5 -> text.setLength(at);
            case 6 -> text.replace(at, end, any(WORDS));
            default -> text.insert(at, any(WORDS).repeat(random.nextInt(300)));
        }
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
