package dev.asyncjob.ui;

import dev.asyncjob.domain.InvalidValueException;

/**
 * What is wrong with a value that a reader has entered, in the language of the reader; {@code broken} is in English,
 * and names its value as the API does. Immutable.
 *
 * @param field the name that the reader sees beside the value
 * @param broken what refused it
 */
record Fault(Word field, RuntimeException broken) {
    String of(View view) {
        return view.say(field) + ": " + rule(view);
    }

    private String rule(View view) {
        if (!(broken instanceof InvalidValueException invalid)) {
            return view.say(Word.NO_SUCH_VALUE);
        }
        Word rule = switch (invalid.rule()) {
            case "length" -> Word.HOW_LONG;
            case "range" -> Word.A_NUMBER;
            default -> Word.ONLY;
        };
        return invalid.params().isEmpty()
                ? view.say(Word.NOT_STORABLE)
                : view.say(rule) + ", " + String.join(" – ", invalid.params());
    }
}
