package dev.asyncjob.ui;

import static dev.asyncjob.ui.Html.el;
import static dev.asyncjob.ui.Html.foreign;

import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.JobFilter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What operators did, the newest first, one page at a time.
 *
 * @param page the entries
 * @param isFirst whether it is the first page
 */
record AuditView(AuditEntry.Page page, boolean isFirst) {
    /** Entries on a page. */
    static final int LIMIT = 50;

    /**
     * Reads the place after which a page begins; null for none.
     *
     * @throws IllegalArgumentException if the text is no place
     * @throws DateTimeException likewise
     */
    static AuditEntry.@Nullable Place place(@Nullable String after) {
        if (after == null || after.isEmpty()) {
            return null;
        }
        JobFilter.Place place = JobQuery.place(after);
        return new AuditEntry.Place(place.createdAt(), place.id().value());
    }

    Html of(View view) {
        List<Word> columns =
                List.of(Word.WHEN, Word.WHO, Word.WHAT, Word.SUBJECT, Word.DETAIL, Word.HOW_MANY, Word.REQUEST);
        List<Html> rows = page.entries().stream().map(entry -> row(view, entry)).toList();
        String path = view.path() + "/audit";
        return view.live(
                "audit",
                Html.all(
                        rows.isEmpty() ? el("p", view.say(Word.NO_AUDIT)) : view.table(Word.AUDIT, columns, rows),
                        view.pages(
                                isFirst ? null : path,
                                page.next()
                                        .map(place -> path + "?" + JobQuery.AFTER + "=" + place.at() + "_" + place.id())
                                        .orElse(null))));
    }

    private static Html row(View view, AuditEntry entry) {
        return View.row(
                View.time(entry.at()),
                foreign(entry.by().by()),
                entry.action(),
                subject(view, entry),
                foreign(entry.detail()),
                view.text().number(entry.count()),
                foreign(entry.by().requestId()));
    }

    /** What it was done to, with a link to the jobs of the kind or of the owner, or to the job. */
    private static Html subject(View view, AuditEntry entry) {
        Html name = foreign(entry.subject());
        String jobs = view.path() + "/jobs";
        String subject = URLEncoder.encode(entry.subject(), StandardCharsets.UTF_8);
        return switch (entry.action()) {
            case PAUSE, RESUME, LIMIT, UNLIMIT -> View.link(jobs + "?kind=" + subject, name);
            case ERASE -> View.link(jobs + "?owner=" + subject, name);
            case BULK_CANCEL, BULK_RETRY -> View.link(jobs + "?" + entry.subject(), name);
            default -> Answers.id(entry.subject()).isPresent() ? View.link(jobs + "/" + subject, name) : name;
        };
    }
}
