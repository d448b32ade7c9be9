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
 * The messages by which nodes inform each other of changes, through PostgreSQL's {@code NOTIFY}.
 *
 * <p>In a transaction of the caller's they are sent within it and lost with a rollback; otherwise a
 * {@link NotificationSender} sends them after the commit. A message holds the name of its node, so that the node can
 * ignore it, and the kind of available work or the ids of changed jobs. Safe for use from any thread.
 *
 * @param node the node's name of eight characters, or empty to send no messages
 */
record Notifications(SqlDialect dialect, String node) {
    private static final Logger LOG = System.getLogger(Notifications.class.getName());

    /** The node's name in a caller's transaction, equal to no node's, so that the sending node, too, reads it. */
    private static final String CALLER = "--------";

    /** The most job ids in a message, of which PostgreSQL allows less than 8,000 bytes. */
    private static final int JOBS_IN_MESSAGE = 200;

    private static final Pattern MESSAGE = Pattern.compile("(.{8}):([cw]):(.+)");

    /** Returns the messages of a node with a new random name. */
    static Notifications ofNewNode(SqlDialect dialect) {
        return new Notifications(
                dialect, HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt()));
    }

    /** Returns an instance that sends nothing, for transactions after which a {@link NotificationSender} does. */
    Notifications silent() {
        return new Notifications(dialect, "");
    }

    /** Returns the messages for transactions of the caller's. */
    Notifications inCallersTransaction() {
        return new Notifications(dialect, CALLER);
    }

    /** Returns the messages that there may be work of these kinds. */
    List<String> work(Stream<JobKind> kinds) {
        return node.isEmpty()
                ? List.of()
                : kinds.distinct().map(kind -> node + ":w:" + kind.value()).toList();
    }

    /** Returns the messages that these jobs have changed, as few as possible. */
    List<String> changes(List<JobId> ids) {
        if (node.isEmpty()) {
            return List.of();
        }
        return IntStream.iterate(0, from -> from < ids.size(), from -> from + JOBS_IN_MESSAGE)
                .mapToObj(from -> ids.subList(from, Math.min(from + JOBS_IN_MESSAGE, ids.size())).stream()
                        .map(JobId::toString)
                        .collect(Collectors.joining(",", node + ":c:", "")))
                .toList();
    }

    /** Sends messages at the commit of the transaction. */
    void send(Handle handle, List<String> messages) {
        dialect.notification()
                .filter(statement -> !messages.isEmpty())
                .ifPresent(statement -> handle.createQuery(statement)
                        .bindArray("messages", String.class, messages)
                        .mapToMap()
                        .list());
    }

    /** Passes another sender's message to a listener; ignores what it cannot read, which is of another version. */
    void receive(String message, JobSignals.Listener listener) {
        Matcher parts = MESSAGE.matcher(message);
        if (!parts.matches() || parts.group(1).equals(node)) {
            return;
        }
        try {
            if (parts.group(2).equals("w")) {
                listener.workAvailable(new JobKind(parts.group(3)));
            } else {
                for (String id : parts.group(3).split(",", -1)) {
                    listener.jobChanged(JobId.parse(id));
                }
            }
        } catch (InvalidValueException e) {
            LOG.log(Level.DEBUG, "ignored a notification that cannot be read: {0}", e.getMessage());
        }
    }
}
