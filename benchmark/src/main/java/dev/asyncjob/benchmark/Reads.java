package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/**
 * The throughput of status reads, relative to a bare server and to a textbook handler. The ids are random among 100,000
 * ended or 100,000 pending jobs. Only the servers that the selected figures need are started.
 */
final class Reads implements Closeable {
    static final String PATH_BEFORE_ID = "/patients/composition/job/";
    static final String PATH = PATH_BEFORE_ID + "{asyncJobId}";

    static final int JOBS = 100_000;

    /** The length of asyncjob's response body for a job of {@link Jobs}; the load generator counts others as errors. */
    static final int ENDED = 240;

    static final int PENDING = 149;

    private final Options options;
    private final Report report;
    private final Postgres postgres;
    private final Path java;
    private final String suffix;
    private final Map<String, String> settings;
    private final Deque<Closeable> opened = new ArrayDeque<>();

    private final Lazy<FilledDatabase> onPostgres = lazy(this::fillPostgres);
    private final Lazy<FilledDatabase> onH2 = lazy(() -> FilledDatabase.in(Jobs.newH2File(), JOBS));
    private final Lazy<FilledDatabase> onOtherH2 = lazy(() -> FilledDatabase.in(Jobs.newH2File(), JOBS));

    private final Lazy<Path> anyIds = lazy(() -> Jobs.anyIds(JOBS));

    private final Lazy<HttpServer> bareServer = lazy(this::startBare);
    private final Lazy<HttpServer> serverOnPostgres = lazy(() -> startAsyncjob(onPostgres, Map.of()));
    private final Lazy<HttpServer> noLogOnPostgres =
            lazy(() -> startAsyncjob(onPostgres, Map.of("ASYNCJOB_HTTP_REQUEST_LOG", "false")));
    private final Lazy<HttpServer> serverOnH2 = lazy(() -> startAsyncjob(onH2, Map.of()));
    private final Lazy<HttpServer> textbookOnPostgres = lazy(() -> startTextbook(onPostgres));
    private final Lazy<HttpServer> textbookOnH2 = lazy(() -> startTextbook(onOtherH2));

    private final Lazy<Side> bareEnded =
            lazy(() -> load("bare, " + ENDED + " bytes", bareServer, "/" + ENDED, anyIds.get(), ENDED));
    private final Lazy<Side> barePending =
            lazy(() -> load("bare, " + PENDING + " bytes", bareServer, "/" + PENDING, anyIds.get(), PENDING));
    private final Lazy<Side> ended = lazy(
            () -> load("asyncjob, DONE", serverOnPostgres, "", onPostgres.get().ended(), ENDED));
    private final Lazy<Side> unchanged = lazy(() ->
            load("asyncjob, 304", serverOnPostgres, "", onPostgres.get().ended(), ENDED, LoadGenerator.CONDITIONAL));
    private final Lazy<Side> pending = lazy(() ->
            load("asyncjob, PENDING", serverOnPostgres, "", onPostgres.get().pending(), PENDING));
    private final Lazy<Side> endedNoLog = lazy(() ->
            load("asyncjob, DONE, no log", noLogOnPostgres, "", onPostgres.get().ended(), ENDED));
    private final Lazy<Side> pendingNoLog = lazy(() -> load(
            "asyncjob, PENDING, no log", noLogOnPostgres, "", onPostgres.get().pending(), PENDING));
    private final Lazy<Side> pendingOnH2 =
            lazy(() -> load("asyncjob, PENDING, H2", serverOnH2, "", onH2.get().pending(), PENDING));
    private final Lazy<Side> textbook = lazy(() -> loadTextbook("textbook", textbookOnPostgres, onPostgres));
    private final Lazy<Side> textbookH2 = lazy(() -> loadTextbook("textbook, H2", textbookOnH2, onOtherH2));

    /**
     * @param java the {@code java} executable of all servers
     * @param suffix the suffix of the figures' names, which identifies the JDK
     * @param settings further settings of asyncjob's server
     */
    Reads(Options options, Report report, Postgres postgres, Path java, String suffix, Map<String, String> settings) {
        this.options = options;
        this.report = report;
        this.postgres = postgres;
        this.java = java;
        this.suffix = suffix;
        this.settings = settings;
    }

    void run() throws Exception {
        List<Figure> figures = new ArrayList<>();
        add(figures, "read-terminal", ended, bareEnded);
        add(figures, "read-304", unchanged, bareEnded);
        add(figures, "read-pending-postgres", pending, barePending);
        add(figures, "read-vs-textbook", pending, textbook);
        add(figures, "textbook-vs-bare", textbook, barePending);
        add(figures, "read-pending-h2", pendingOnH2, barePending);
        add(figures, "read-vs-textbook-h2", pendingOnH2, textbookH2);
        add(figures, "read-terminal-no-log", endedNoLog, bareEnded);
        add(figures, "read-pending-no-log", pendingNoLog, barePending);
        Rounds.run(figures, options, report);
    }

    private void add(List<Figure> figures, String name, Lazy<Side> a, Lazy<Side> b) throws Exception {
        if (options.wants("reads", name)) {
            figures.add(new Figure(name + suffix, a.get(), b.get(), "requests/s"));
        }
    }

    private FilledDatabase fillPostgres() throws Exception {
        return FilledDatabase.in(postgres.newDatabase(), JOBS);
    }

    private HttpServer startBare() throws Exception {
        return HttpServer.main(java, BareServer.class, Integer.toString(ENDED), Integer.toString(PENDING));
    }

    private HttpServer startTextbook(Lazy<FilledDatabase> filled) throws Exception {
        return HttpServer.main(java, TextbookServer.class, filled.get().url());
    }

    private HttpServer startAsyncjob(Lazy<FilledDatabase> filled, Map<String, String> more) throws Exception {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(more);
        return HttpServer.asyncjob(java, options.jar(), filled.get().url(), all);
    }

    private Side load(String name, Lazy<HttpServer> server, String prefix, Path ids, int bodyLength, String... mode)
            throws Exception {
        return Load.on(name, server.get(), prefix, ids, bodyLength, mode);
    }

    private Side loadTextbook(String name, Lazy<HttpServer> server, Lazy<FilledDatabase> filled) throws Exception {
        Path ids = filled.get().pending();
        return load(name, server, "", ids, server.get().bodyLength(ids));
    }

    private <T> Lazy<T> lazy(Callable<T> factory) {
        Lazy<T> lazy = new Lazy<>(factory);
        opened.push(lazy);
        return lazy;
    }

    @Override
    public void close() throws IOException {
        while (!opened.isEmpty()) {
            opened.pop().close();
        }
    }
}
