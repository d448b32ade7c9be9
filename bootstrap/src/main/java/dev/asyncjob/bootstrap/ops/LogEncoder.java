package dev.asyncjob.bootstrap.ops;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import com.typesafe.config.ConfigUtil;
import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.Settings;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import org.slf4j.LoggerFactory;

/**
 * The format of every log line of the process: one event is one line of text or, with {@code log.format=json}, one
 * object of JSON with {@code time}, {@code level}, {@code logger}, {@code thread}, {@code message} and, if something
 * was thrown, {@code exception}. Requests and the security log are objects of JSON in both formats.
 *
 * <p>Nothing that is logged can begin another line. Safe for use from any thread.
 */
public final class LogEncoder extends PatternLayoutEncoder {
    /** The logger of the lines that the server says without a logger, such as that it is ready. */
    private static final String SERVER = "asyncjob";

    /** The loggers whose messages are objects of JSON. */
    private static final Set<String> STRUCTURED = Set.of(Authenticator.SECURITY_LOG, RequestLog.NAME);

    /** One for the process, like its standard error. */
    private static volatile boolean json;

    /** Has all lines from now on written in a format, and those of a level and above. */
    public static void configure(Settings.Log log) {
        json = log.json();
        Level level = Level.toLevel(log.level());
        LoggerContext context = context();
        for (Logger logger : context.getLoggerList()) {
            Level own = logger.getLevel();
            if (own != null && level.isGreaterOrEqual(own) && !logger.getName().equals(Authenticator.SECURITY_LOG)) {
                logger.setLevel(level);
            }
        }
        if (level == Level.DEBUG) {
            context.getLogger("dev.asyncjob").setLevel(level); // what others say in detail may have secrets
        }
    }

    /** A line that the server says without a logger: the text itself or, with {@code log.format=json}, an object. */
    public static String line(String text) {
        return line(Level.INFO, text);
    }

    /** The same for an error. */
    public static String error(String text) {
        return line(Level.ERROR, text);
    }

    private static String line(Level level, String text) {
        return json ? object(new LoggingEvent("", context().getLogger(SERVER), level, text, null, null)) : text;
    }

    private static LoggerContext context() {
        return (LoggerContext) LoggerFactory.getILoggerFactory();
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        String message = event.getFormattedMessage();
        if (STRUCTURED.contains(event.getLoggerName()) && message.startsWith("{")) {
            String line = json ? "{" + origin(event) + "," + message.substring(1) : message;
            return bytes(escaped(line));
        }
        return json ? bytes(object(event)) : super.encode(event);
    }

    private static byte[] bytes(String line) {
        return (line + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static String origin(ILoggingEvent event) {
        return "\"level\":\"" + event.getLevel() + "\",\"logger\":" + ConfigUtil.quoteString(event.getLoggerName());
    }

    private static String object(ILoggingEvent event) {
        StringBuilder line = new StringBuilder(256)
                .append("{\"time\":\"")
                .append(Instant.ofEpochMilli(event.getTimeStamp()))
                .append("\",")
                .append(origin(event))
                .append(",\"thread\":")
                .append(ConfigUtil.quoteString(event.getThreadName()))
                .append(",\"message\":")
                .append(ConfigUtil.quoteString(event.getFormattedMessage()));
        if (event.getThrowableProxy() != null) {
            String thrown = ThrowableProxyUtil.asString(event.getThrowableProxy());
            line.append(",\"exception\":").append(ConfigUtil.quoteString(thrown.stripTrailing()));
        }
        return escaped(line.append('}').toString());
    }

    /** JSON allows these characters in texts, but to some readers they end a line or steer a terminal. */
    private static String escaped(String object) {
        int safe = 0;
        while (safe < object.length() && !isUnsafe(object.charAt(safe))) {
            safe++;
        }
        if (safe == object.length()) { // like nearly every line
            return object;
        }
        StringBuilder escaped = new StringBuilder(object.length() + 16).append(object, 0, safe);
        object.chars().skip(safe).forEach(c -> {
            if (isUnsafe(c)) {
                escaped.append("\\u").append(Integer.toHexString(0x1_0000 + c).substring(1));
            } else {
                escaped.append((char) c);
            }
        });
        return escaped.toString();
    }

    private static boolean isUnsafe(int c) {
        return (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
    }
}
