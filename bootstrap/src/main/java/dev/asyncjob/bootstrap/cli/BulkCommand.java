package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.client.BulkClient;
import dev.asyncjob.domain.Bulk;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The commands {@code cancel-jobs} and {@code retry-jobs}: they count the jobs that a filter selects on the server that
 * {@link StatusCommands} reads from, and with {@code --yes} change them.
 */
abstract class BulkCommand implements Callable<Integer> {
    /** The exit code if more jobs match than were changed. */
    static final int MORE = 1;

    private static final String MAX = "" + Bulk.MAX_JOBS;

    private final Supplier<StatusCommands> server;

    @Option(names = "--kind", paramLabel = "KIND", description = "only jobs of this kind")
    private @Nullable String kind;

    @Option(names = "--owner", paramLabel = "OWNER", description = "only jobs of this owner")
    private @Nullable String owner;

    @Option(names = "--reference", paramLabel = "TEXT", description = "only jobs with this reference")
    private @Nullable String reference;

    @Option(names = "--all", description = "jobs of any kind, owner and reference")
    private boolean all;

    @Option(
            names = "--max",
            paramLabel = "N",
            defaultValue = MAX,
            description = "how many jobs at most, 1 to " + MAX + "; default: ${DEFAULT-VALUE}")
    private int max;

    @Option(names = "--yes", description = "change the jobs; without it they are only counted")
    private boolean yes;

    private BulkCommand(Supplier<StatusCommands> server) {
        this.server = server;
    }

    /** Cancels jobs. */
    @Command(
            name = "cancel-jobs",
            description = {
                "Counts the pending jobs that the options select, and with --yes cancels them (as pause).",
                "Exit code: 0 counted, or all cancelled; 1 more match: run it again; 4 no answer."
            })
    static final class Cancel extends BulkCommand {
        @Option(names = "--overdue", description = "only jobs past their planned end")
        private boolean overdue;

        Cancel(Supplier<StatusCommands> server) {
            super(server);
        }

        @Override
        public Integer call() {
            return run(BulkClient.Action.CANCEL, overdue ? true : null, "cancelled");
        }
    }

    /** Retries jobs. */
    @Command(
            name = "retry-jobs",
            description = {
                "Counts the failed jobs that the options select, and with --yes makes new ones in their place (as pause).",
                "Exit code: 0 counted, or all retried; 1 more match: run it again; 4 no answer."
            })
    static final class Retry extends BulkCommand {
        Retry(Supplier<StatusCommands> server) {
            super(server);
        }

        @Override
        public Integer call() {
            return run(BulkClient.Action.RETRY, null, "retried");
        }
    }

    final int run(BulkClient.Action action, @Nullable Boolean overdue, String done) {
        BulkClient.Filter filter = new BulkClient.Filter(kind, owner, reference, overdue, all);
        boolean selects = kind != null || owner != null || reference != null || overdue != null;
        if (all == selects) {
            throw new CommandFailure(CommandFailure.MISUSED, "select jobs with options, or all of them with --all");
        }
        StatusCommands commands = server.get();
        BulkClient client = new BulkClient(commands.settings().withPatience(StatusCommands.STATUS_PATIENCE));
        return yes ? change(client, action, filter, commands, done) : preview(client, action, filter, commands);
    }

    private int preview(
            BulkClient client, BulkClient.Action action, BulkClient.Filter filter, StatusCommands commands) {
        BulkClient.Preview found = StatusCommands.answer(client.preview(action, filter, max));
        commands.line("matching: " + found.matching() + (found.more() ? " or more" : ""));
        if (action == BulkClient.Action.RETRY) {
            commands.line("retried before: " + found.alreadyRetried());
            if (found.notKept() != null) {
                commands.line("payload not kept (work.failed-payload): " + found.notKept());
            }
        }
        commands.line("nothing is changed without --yes");
        return 0;
    }

    /** Sends requests until no more jobs match, a request changes none, or the limit is reached. */
    private int change(
            BulkClient client,
            BulkClient.Action action,
            BulkClient.Filter filter,
            StatusCommands commands,
            String done) {
        int changed = 0;
        BulkClient.Result result;
        do {
            result = StatusCommands.answer(client.change(action, filter, max - changed));
            changed += result.changed();
            commands.line(done + ": " + changed);
        } while (result.more() && result.changed() > 0 && changed < max);
        if (result.notKept() != null && result.notKept() > 0) {
            commands.line("payload not kept (work.failed-payload): " + result.notKept());
        }
        if (result.more()) {
            commands.line("more match: run it again");
        }
        return result.more() ? MORE : 0;
    }
}
