package dev.asyncjob.bootstrap.history;

import java.util.List;

/**
 * A promise that a history shows broken.
 *
 * @param sentence what happened, with the job
 * @param events what shows it
 */
record Violation(Promise promise, String sentence, List<Event> events) {
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(promise + ": " + sentence);
        events.forEach(event -> text.append("\n    ").append(event));
        return text.toString();
    }
}
