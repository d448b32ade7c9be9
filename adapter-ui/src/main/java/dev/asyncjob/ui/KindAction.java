package dev.asyncjob.ui;

import dev.asyncjob.domain.KindState;
import java.util.List;
import java.util.stream.Stream;

/** What an operator does to a kind with the page. */
enum KindAction {
    PAUSE("pause", Word.DO_PAUSE, Word.PAUSE_KIND, Word.PAUSE_MEANS),
    RESUME("resume", Word.DO_RESUME, Word.RESUME_KIND, Word.RESUME_MEANS),
    LIMIT("limit", Word.DO_LIMIT, Word.LIMIT_KIND, Word.LIMIT_MEANS),
    UNLIMIT("no-limit", Word.DO_UNLIMIT, Word.UNLIMIT_KIND, Word.UNLIMIT_MEANS);

    /** The last part of its path. */
    final String segment;

    /** Its name beside a kind. */
    final Word link;

    /** Its name. */
    final Word title;

    /** What it does, before it is done. */
    final Word meaning;

    KindAction(String segment, Word link, Word title, Word meaning) {
        this.segment = segment;
        this.link = link;
        this.title = title;
        this.meaning = meaning;
    }

    /** Those that change something of a kind. */
    static List<KindAction> of(KindState state) {
        return Stream.of(values()).filter(action -> action.changes(state)).toList();
    }

    /** Whether a kind is not so already. */
    boolean changes(KindState state) {
        return switch (this) {
            case PAUSE -> state.pause() == null;
            case RESUME -> state.pause() != null;
            case LIMIT -> true;
            case UNLIMIT -> state.limit() != null;
        };
    }
}
