package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;

import org.jspecify.annotations.Nullable;

/**
 * What will happen to a kind or a job, and the form that has it happen.
 *
 * @param title what it is
 * @param meaning what will happen
 * @param facts how the kind or the job is now
 * @param field what the reader enters; null for nothing
 * @param fault why it did not happen; null before it was tried
 */
record InterventionView(
        Word title,
        Word meaning,
        Html facts,
        @Nullable Field field,
        @Nullable Fault fault) {
    /**
     * A field of the form.
     *
     * @param name its name in the form
     * @param label its name for the reader
     * @param value what it has
     * @param isNumber whether it must have a number; otherwise it may be empty
     */
    record Field(String name, Word label, String value, boolean isNumber) {}

    /** @param back the view of the kind or the job */
    Html of(View view, String back) {
        return Html.all(
                el("p", attr("class", "sentence"), view.say(meaning)),
                facts,
                el(
                        "form",
                        attr("method", "post"),
                        attr("action", view.here()),
                        attr("class", "entry"),
                        fault == null ? null : el("p", attr("role", "alert"), attr("id", "fault"), fault.of(view)),
                        field == null ? null : input(view, field),
                        View.hidden("form", view.known().formToken()),
                        el("button", attr("type", "submit"), view.say(title)),
                        View.link(back, view.say(Word.DO_NOTHING))));
    }

    private Html input(View view, Field what) {
        return el(
                "label",
                el("span", view.say(what.label)),
                el(
                        "input",
                        attr("name", what.name),
                        attr("value", what.value),
                        attr("autocomplete", "off"),
                        what.isNumber ? attr("inputmode", "numeric") : null,
                        fault == null ? null : attr("aria-invalid", "true"),
                        fault == null ? null : attr("aria-describedby", "fault")));
    }
}
