package dev.asyncjob.bootstrap.ops;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** A process that logs what is hard to log. */
final class LogLines {
    private LogLines() {}

    public static void main(String[] arguments) {
        Logger log = System.getLogger("dev.asyncjob.bootstrap.ops.LogLines");
        log.log(Level.INFO, "plain {0}", 1);
        log.log(
                Level.WARNING,
                "injected\r\n2026-11-23T00:00:00.000Z INFO forged\u001B[31m\u0085\u2028\tend \\ {0}",
                "zoë");
        log.log(Level.ERROR, "failed", new IllegalStateException("first\nsecond"));
        log.log(Level.DEBUG, "unseen");
        System.getLogger("org.eclipse.jetty.server").log(Level.INFO, "unseen");
    }
}
