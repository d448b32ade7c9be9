package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.bootstrap.config.InvalidSettings;
import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.bootstrap.config.SettingsReader;
import dev.asyncjob.bootstrap.ops.Doctor;
import dev.asyncjob.bootstrap.ops.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.lang.management.OperatingSystemMXBean;
import java.net.Proxy;
import java.net.URI;
import java.net.URLConnection;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/** Prints what {@link Doctor} finds, and packs it into a file for others. */
final class DoctorCommand {
    /** Bytes of the metrics of a running server, at most. */
    private static final int MAX_METRICS = 4 << 20;

    private static final int METRICS_TIMEOUT_MS = 2_000;

    private final Map<String, String> environment;
    private final Clock clock;
    private final PrintWriter out;
    private final String version;

    DoctorCommand(Map<String, String> environment, Clock clock, PrintWriter out, String version) {
        this.environment = environment;
        this.clock = clock;
        this.out = out;
        this.version = version;
    }

    /**
     * Prints a line for each finding, and its remedy.
     *
     * @param bundle the file to make with the findings, the settings without secrets, and the metrics of the running
     *     server; null for none
     * @return 0 if there is nothing to do, 1 after a warning, 2 after a fault
     */
    int run(@Nullable Path config, @Nullable Path bundle) throws IOException {
        Settings settings = null;
        List<Finding> findings;
        try {
            settings = SettingsReader.load(environment, config);
            findings = Doctor.examine(settings, clock);
        } catch (InvalidSettings e) {
            findings = e.problems().stream()
                    .map(problem -> Finding.fault("settings", problem, "see docs/settings.md"))
                    .toList();
        }
        findings.forEach(finding -> out.println(finding.lines()));
        if (bundle != null) {
            pack(bundle, config, settings, findings);
            out.println("wrote " + bundle);
        }
        out.flush();
        return findings.stream()
                .mapToInt(finding -> finding.level().exitCode())
                .max()
                .orElse(0);
    }

    private void pack(Path bundle, @Nullable Path config, @Nullable Settings settings, List<Finding> findings)
            throws IOException {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] mode = posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))
                }
                : new FileAttribute<?>[0];
        try (OutputStream file = Channels.newOutputStream(Files.newByteChannel(
                        bundle, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), mode));
                ZipOutputStream zip = new ZipOutputStream(file)) {
            add(zip, "findings.txt", findings.stream().map(Finding::lines));
            add(zip, "settings.txt", SettingsReader.describe(environment, config).stream());
            add(zip, "process.txt", process());
            if (settings != null) {
                add(zip, "metrics.txt", metrics(settings.places()).lines());
            }
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailure(CommandFailure.FAILED, bundle + ": the file exists");
        }
    }

    private static void add(ZipOutputStream zip, String name, Stream<String> lines) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write((lines.collect(Collectors.joining("\n")) + "\n").getBytes(StandardCharsets.UTF_8));
        zip.closeEntry();
    }

    private Stream<String> process() {
        OperatingSystemMXBean system = ManagementFactory.getOperatingSystemMXBean();
        return Stream.of(
                version,
                "made at " + clock.instant(),
                "%s %s %s".formatted(system.getName(), system.getVersion(), system.getArch()),
                system.getAvailableProcessors() + " processors",
                (Runtime.getRuntime().maxMemory() >> 20) + " MiB of heap at most");
    }

    /** The metrics of the server that runs with these settings, or why there are none. */
    private static String metrics(Settings.Places places) {
        try {
            URLConnection connection = new URI(
                            "http", null, places.managementHost(), places.managementPort(), "/metrics", null, null)
                    .toURL()
                    .openConnection(Proxy.NO_PROXY);
            connection.setConnectTimeout(METRICS_TIMEOUT_MS);
            connection.setReadTimeout(METRICS_TIMEOUT_MS);
            try (InputStream in = connection.getInputStream()) {
                return new String(in.readNBytes(MAX_METRICS), StandardCharsets.UTF_8);
            }
        } catch (Exception e) {
            return "no server answers on the management port: " + e.getClass().getSimpleName();
        }
    }
}
