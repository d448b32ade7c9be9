package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.client.KindClient;
import dev.asyncjob.client.KindState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The commands {@code kinds}, {@code pause}, {@code resume} and {@code limit}: they read and change what is set for
 * kinds on the server that {@link StatusCommands} reads from, and print a line for each kind.
 */
final class KindCommands {
    private final StatusCommands server;

    KindCommands(StatusCommands server) {
        this.server = server;
    }

    private KindClient client() {
        return new KindClient(server.settings().withPatience(StatusCommands.STATUS_PATIENCE));
    }

    int kinds() {
        return print(StatusCommands.answer(client().kinds()));
    }

    int pause(String kind, @Nullable String reason) {
        return print(List.of(StatusCommands.answer(client().pause(kind, reason))));
    }

    int resume(String kind) {
        return print(List.of(StatusCommands.answer(client().resume(kind))));
    }

    /** @param running a number, or {@code none} */
    int limit(String kind, String running) {
        if (running.equals("none")) {
            return print(List.of(StatusCommands.answer(client().unlimit(kind))));
        }
        if (!running.matches("[0-9]{1,9}")) {
            throw new CommandFailure(CommandFailure.MISUSED, "N must be 1 to 100000, or none");
        }
        return print(List.of(StatusCommands.answer(client().limit(kind, Integer.parseInt(running)))));
    }

    private int print(List<KindState> kinds) {
        for (KindState state : kinds) {
            KindState.Pause pause = state.pause();
            server.line(state.kind()
                    + (pause == null
                            ? ""
                            : ", paused since " + pause.since() + " by " + pause.by()
                                    + (pause.reason() == null ? "" : ": " + pause.reason()))
                    + (state.limit() == null ? "" : ", limit " + state.limit())
                    + (state.lastAskedAt() == null ? ", not asked for" : ", last asked for at " + state.lastAskedAt()));
        }
        return 0;
    }
}
