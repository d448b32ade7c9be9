package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.bootstrap.config.Settings;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** A process that logs what is hard to log. */
final class LogLines {
    private LogLines() {}

    public static void main(String[] arguments) {
        if (arguments.length > 0) {
            LogEncoder.configure(new Settings.Log(arguments[0], true, true, false));
        }
        Logger log = System.getLogger("dev.asyncjob.bootstrap.ops.LogLines");
        log.log(Level.INFO, "plain {0}", 1);
        log.log(
                Level.WARNING,
                "injected\r\n2026-11-23T00:00:00.000Z INFO forged\u001B[31m\u0085\u2028\tend \\ {0}",
                "zoë");
        log.log(Level.ERROR, "failed", new IllegalStateException("first\nsecond"));
        log.log(Level.DEBUG, "unseen, or seen at debug");
        System.getLogger("dev.asyncjob.security").log(Level.INFO, "{\"name\":\"forged\u0085\u2028\"}");
        System.getLogger("dev.asyncjob.security").log(Level.WARNING, "cannot be logged: {0}", "\n");
        System.getLogger("org.eclipse.jetty.server").log(Level.INFO, "unseen");
        System.getLogger("com.zaxxer.hikari").log(Level.DEBUG, "unseen");
    }
}
