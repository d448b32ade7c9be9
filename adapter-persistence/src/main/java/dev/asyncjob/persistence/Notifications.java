package dev.asyncjob.persistence;

import dev.asyncjob.application.spi.JobSignals;
import dev.asyncjob.domain.InvalidValueException;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Tells other nodes what happened: in the transaction in which it does, if that is the caller's, so that nobody hears
 * of what was rolled back; otherwise a {@link NotificationSender} does it afterwards.
 *
 * <p>A piece of news is the name of the node that it comes from, so that it need not listen to itself, and the kind of
 * work that is there or the ids of the jobs that changed. Safe for use from any thread.
 *
 * @param node eight characters, or none to say nothing
 */
record Notifications(SqlDialect dialect, String node) {
    private static final Logger LOG = System.getLogger(Notifications.class.getName());

    /** What is told in a transaction of the caller's: this node, too, learns of it when that is committed. */
    private static final String NOBODY = "--------";

    /** PostgreSQL takes no piece of 8,000 bytes or more. */
    private static final int JOBS_IN_A_PIECE = 200;

    private static final Pattern NEWS = Pattern.compile("(.{8}):([cw]):(.+)");

    /** Speaks for a node under a name of its own. */
    static Notifications ofNewNode(SqlDialect dialect) {
        return new Notifications(
                dialect, HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
    }

    /** The same for transactions after which somebody else tells: it says nothing. */
    Notifications silent() {
        return new Notifications(dialect, "");
    }

    private boolean isSilent() {
        return node.isEmpty();
    }

    /** The same for transactions of the caller's. */
    Notifications ofNobody() {
        return new Notifications(dialect, NOBODY);
    }

    /** There may be work of these kinds. */
    List<String> work(Stream<JobKind> kinds) {
        return isSilent()
                ? List.of()
                : kinds.distinct().map(kind -> node + ":w:" + kind.value()).toList();
    }

    /** These jobs have changed: as few pieces as the server takes. */
    List<String> changes(List<JobId> ids) {
        if (isSilent()) {
            return List.of();
        }
        return IntStream.iterate(0, from -> from < ids.size(), from -> from + JOBS_IN_A_PIECE)
                .mapToObj(from -> ids.subList(from, Math.min(from + JOBS_IN_A_PIECE, ids.size())).stream()
                        .map(JobId::toString)
                        .collect(Collectors.joining(",", node + ":c:", "")))
                .toList();
    }

    /** Tells all of it when the transaction is committed. */
    void announce(Handle handle, List<String> news) {
        dialect.announcement()
                .filter(statement -> !news.isEmpty())
                .ifPresent(statement -> handle.createQuery(statement)
                        .bindArray("news", String.class, news)
                        .mapToMap()
                        .list());
    }

    /** Tells a listener what another node, or nobody, announced; what cannot be read comes from another version. */
    void hear(String news, JobSignals.Listener listener) {
        Matcher read = NEWS.matcher(news);
        if (!read.matches() || read.group(1).equals(node)) {
            return;
        }
        try {
            if (read.group(2).equals("w")) {
                listener.workAvailable(new JobKind(read.group(3)));
            } else {
                for (String id : read.group(3).split(",", -1)) {
                    listener.jobChanged(JobId.parse(id));
                }
            }
        } catch (InvalidValueException e) {
            LOG.log(Level.DEBUG, "news that cannot be read: {0}", e.getMessage());
        }
    }
}
