package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.attr;
import static dev.asyncjob.ui.Html.el;

import org.jspecify.annotations.Nullable;

/**
 * The form of credentials.
 *
 * @param formToken the secret that the form and a cookie share
 * @param next where the reader wanted to go
 * @param problem why the last login failed; null for the first
 */
record LoginView(String formToken, String next, @Nullable Word problem) {
    Html of(View view) {
        return el(
                "form",
                attr("method", "post"),
                attr("action", view.path() + "/login"),
                attr("class", "entry"),
                problem == null ? null : el("p", attr("role", "alert"), view.say(problem)),
                el("p", attr("id", "hint"), view.say(Word.LOGIN_HINT)),
                userName(),
                secret(view, Word.API_KEY, "api-key"),
                secret(view, Word.TOKEN, "token"),
                View.hidden("form", formToken),
                View.hidden("next", next),
                el("button", attr("type", "submit"), view.say(Word.LOG_IN)));
    }

    /** The name under which a browser keeps the credentials; it is not entered. */
    private static Html userName() {
        return el(
                "input",
                attr("type", "text"),
                attr("name", "user"),
                attr("value", "asyncjob"),
                attr("autocomplete", "username"),
                attr("hidden"));
    }

    /** A password to browsers, so that it is hidden and they can keep it. */
    private static Html secret(View view, Word label, String name) {
        return el(
                "label",
                el("span", view.say(label)),
                el(
                        "input",
                        attr("type", "password"),
                        attr("name", name),
                        attr("autocomplete", "current-password"),
                        attr("aria-describedby", "hint"),
                        attr("required")));
    }
}
