package dev.asyncjob.http;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.bootstrap.Main;
import dev.asyncjob.callbacks.CallbackOffenders;
import dev.asyncjob.identity.IdentityOffenders;
import dev.asyncjob.metrics.MetricsOffenders;
import dev.asyncjob.persistence.PersistenceOffenders;
import dev.asyncjob.tracing.TracingOffenders;
import dev.asyncjob.ui.UiOffenders;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.text.NumberFormat;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.FormatStyle;
import java.util.Calendar;
import java.util.Formatter;
import java.util.Locale;
import java.util.Scanner;
import java.util.TimeZone;
import org.jspecify.annotations.Nullable;

/** Planted for {@code ArchitectureBitesTest}: an adapter that does what it must not do. */
public final class HttpOffenders {
    private HttpOffenders() {}

    /** Depends on a driven port. */
    public record UsesStore(JobStore store) {}

    /** Depends on another adapter. */
    public record UsesPersistence(PersistenceOffenders.UsesHttp other) {}

    /** Depends on another adapter. */
    public record UsesIdentity(IdentityOffenders.UsesHttp other) {}

    /** Depends on another adapter. */
    public record UsesCallbacks(CallbackOffenders.UsesHttp other) {}

    /** Depends on another adapter. */
    public record UsesMetrics(MetricsOffenders.UsesHttp other) {}

    /** Depends on another adapter. */
    public record UsesTracing(TracingOffenders.UsesHttp other) {}

    /** Depends on another adapter. */
    public record UsesPage(UiOffenders.UsesHttp other) {}

    /** Depends on the composition root. */
    public record UsesBootstrap(Main main) {}

    /** Depends on JDBC. */
    public record UsesSql(Connection connection) {}

    /** Sends requests. */
    public record SendsRequests(HttpClient client) {}

    /** Writes to standard output. */
    public record Prints(int number) {
        /** Prints it. */
        public void print() {
            System.out.println(number);
        }
    }

    /** Depends on the locale and the time zone of the process. */
    public record UsesDefaults(Locale locale, ZoneId zone) {
        /** Those of the process. */
        public UsesDefaults() {
            this(Locale.getDefault(), ZoneId.systemDefault());
        }

        /** Reads and writes texts as the process does by default. */
        @SuppressWarnings({
            "DefaultCharset",
            "JavaTimeDefaultTimeZone",
            "JavaUtilDate",
            "deprecation",
            "StringCaseLocaleUsage",
            "DefaultLocale"
        })
        public String text(byte[] bytes, PrintStream out) throws IOException {
            out.printf("%s", zone);
            out.print(LocalDate.now() + Calendar.getInstance().getTime().toString() + URLDecoder.decode("%20"));
            String text = new String(bytes).toLowerCase() + "a".toUpperCase() + new ByteArrayOutputStream().toString();
            try (PrintStream copy = new PrintStream(new ByteArrayOutputStream());
                    InputStreamReader reader = new InputStreamReader(new ByteArrayInputStream(text.getBytes()))) {
                copy.print(DateTimeFormatter.ofPattern("MMMM"));
                return String.format("%d", reader.read());
            }
        }

        /** Does so with the rarer classes. */
        @SuppressWarnings({"DefaultCharset", "JavaTimeDefaultTimeZone", "TimeZoneUsage"})
        public String rarely(InputStream in) throws IOException {
            try (Scanner scanner = new Scanner(in);
                    FileReader file = new FileReader(scanner.next());
                    Formatter text = new Formatter()) {
                return text.format("%s", NumberFormat.getInstance().format(file.read()))
                        .format("%s%s", TimeZone.getDefault(), Charset.defaultCharset())
                        .format("%s%s", Clock.systemDefaultZone(), DateTimeFormatter.ofLocalizedDate(FormatStyle.FULL))
                        .toString();
            }
        }

        /** States everything. */
        public String stated(byte[] bytes, PrintStream out) throws IOException {
            out.printf(Locale.ROOT, "%s", zone);
            StringWriter copy = new StringWriter();
            new PrintWriter(copy).print(new String(bytes, 0, 1, StandardCharsets.UTF_8).toLowerCase(Locale.ROOT));
            return String.format(Locale.ROOT, "%s", DateTimeFormatter.ofPattern("MMMM", Locale.ROOT)) + copy;
        }
    }

    /** Reads the environment. */
    public static final class ReadsEnvironment {
        private final @Nullable String home = System.getenv("HOME");

        @Override
        public String toString() {
            return "home " + home;
        }
    }

    /** Has a name that says nothing. */
    public record RequestHelper() {}

    /** Depends on the client. */
    public record UsesClient(dev.asyncjob.client.JobClient client) {}
}
