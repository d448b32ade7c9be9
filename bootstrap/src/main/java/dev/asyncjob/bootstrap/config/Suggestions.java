package dev.asyncjob.bootstrap.config;

import java.util.Collection;
import java.util.Comparator;

/** Suggests a known name for a misspelled one: the name with the fewest edits (Levenshtein). */
final class Suggestions {
    private Suggestions() {}

    /**
     * The known name nearest to {@code wrong}; the first of several.
     *
     * @param known at least one name
     */
    static String to(String wrong, Collection<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(name -> distance(wrong, name)))
                .orElseThrow();
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
