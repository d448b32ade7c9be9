package dev.asyncjob.bootstrap.ops;

import dev.asyncjob.bootstrap.config.Settings;
import dev.asyncjob.identity.Authenticators;
import dev.asyncjob.identity.CallbackAdministration;
import dev.asyncjob.identity.ClientAdministration;
import dev.asyncjob.persistence.DatabaseFacts;
import dev.asyncjob.persistence.DatabaseSettings;
import dev.asyncjob.persistence.JobDatabase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Examines what a server with these settings needs: its files, its database and its identity provider. It changes
 * nothing. Used once, by one thread.
 */
public final class Doctor {
    /** How far the clocks of a node and of the database may be apart. */
    static final Duration MAX_CLOCK_DIFFERENCE = Duration.ofSeconds(5);

    /** How long the database may take for a query without work. */
    static final Duration MAX_ROUND_TRIP = Duration.ofMillis(50);

    /** How long a transaction of any application may be open. */
    static final Duration MAX_TRANSACTION = Duration.ofMinutes(1);

    /** How many dead rows a table may have beside as many live ones. */
    static final long MAX_DEAD_ROWS = 100_000;

    /** How much of the disk of an H2 file must be free, and as much again as the file has, to compact it. */
    static final long MIN_FREE_DISK = 1L << 30;

    private static final String DATABASE = "database";

    private final Settings settings;
    private final Clock clock;
    private final List<Finding> findings = new ArrayList<>();

    private Doctor(Settings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /** Examines everything, within some seconds. */
    public static List<Finding> examine(Settings settings, Clock clock) {
        Doctor doctor = new Doctor(settings, clock);
        doctor.findings.add(Finding.ok("settings", "all are valid"));
        doctor.clients();
        doctor.callbacks();
        doctor.certificate();
        doctor.provider();
        doctor.database();
        return List.copyOf(doctor.findings);
    }

    private void clients() {
        Path file = settings.clientsFile();
        String subject = "clients file";
        if (file == null) {
            findings.add(Finding.fault(
                    subject, "auth.clients-file is not set", "set it: without clients the server does not start"));
            return;
        }
        try {
            ClientAdministration clients = new ClientAdministration(file.toAbsolutePath(), clock);
            int known = clients.list().size();
            long expiring = clients.expiring();
            findings.add(
                    known == 0
                            ? Finding.fault(subject, "it has no clients", "add one: 'client add NAME --scopes a,b'")
                            : Finding.warning(
                                            subject,
                                            "%s secrets end within %s days"
                                                    .formatted(expiring, ClientAdministration.EXPIRY_NOTICE.toDays()),
                                            "'client list' names them, 'client roll NAME' replaces them")
                                    .unless(expiring == 0, "clients: " + known));
        } catch (IOException e) {
            findings.add(Finding.fault(subject, String.valueOf(e.getMessage()), "'client list' must succeed"));
        }
    }

    private void callbacks() {
        Path file = settings.callbacksFile();
        String subject = "callbacks file";
        if (file == null) {
            return;
        }
        try {
            List<CallbackAdministration.Entry> endpoints =
                    new CallbackAdministration(file.toAbsolutePath(), clock).list();
            long disabled = endpoints.stream()
                    .filter(endpoint -> endpoint.disabledAt() != null)
                    .count();
            findings.add(Finding.warning(
                            subject,
                            disabled + " endpoints answered 410 and are disabled",
                            "'client callback list' names them, 'client callback roll NAME' enables them")
                    .unless(disabled == 0, "endpoints: " + endpoints.size()));
        } catch (IOException e) {
            findings.add(Finding.fault(subject, String.valueOf(e.getMessage()), "'client callback list' must succeed"));
        }
    }

    private void certificate() {
        Settings.TlsFiles files = settings.places().tls();
        if (files != null) {
            try {
                new ServerCertificate(files).close();
                findings.add(Finding.ok("certificate", "it belongs to its key and is valid"));
            } catch (RuntimeException e) {
                findings.add(Finding.fault("certificate", String.valueOf(e.getMessage()), "replace the files"));
            }
        }
    }

    private void provider() {
        Authenticators.problems(settings.identity(), clock)
                .forEach((part, problem) -> findings.add(Finding.fault(
                                "provider " + part,
                                problem,
                                "tokens of the provider are refused with 503, or soon will be: check the provider, the network"
                                        + " and auth.*")
                        .unless(problem.isEmpty(), "it answers")));
    }

    private void database() {
        try {
            findings.addAll(judge(JobDatabase.examine(settings.db(), clock), settings.db()));
        } catch (IllegalStateException e) {
            findings.add(Finding.fault(
                    DATABASE,
                    String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " "),
                    "check db.*, the network and the database's own log"));
        }
    }

    /** Judges what is known of a database. */
    static List<Finding> judge(DatabaseFacts facts, DatabaseSettings settings) {
        List<Finding> findings = new ArrayList<>();
        String quick = facts.roundTrip().isZero()
                ? facts.server() + " is not asked"
                : "%s answers within %s ms".formatted(facts.server(), MAX_ROUND_TRIP.toMillis());
        findings.add(Finding.warning(
                        DATABASE,
                        "%s answers in %s ms"
                                .formatted(facts.server(), facts.roundTrip().toMillis()),
                        "each call takes some of these round trips: put the nodes nearer to it, or relieve it")
                .unless(facts.roundTrip().compareTo(MAX_ROUND_TRIP) <= 0, quick));
        findings.add(schema(facts, settings.migrate()));
        if (facts.server().startsWith("H2")) {
            disk(facts.file()).ifPresent(findings::add);
            return findings;
        }
        findings.add(clock(facts.ahead()));
        findings.add(rights(facts.missingRights()));
        if (facts.notified() != null) {
            findings.add(Finding.fault(
                            "notifications",
                            "none arrived within 2 s: clients of other nodes wait for the next poll",
                            "a pooler in transaction mode loses them: set db.pooler=transaction, or connect to the"
                                    + " database itself")
                    .unless(facts.notified(), "they arrive"));
        }
        findings.add(transactions(facts.oldest()));
        facts.tables().stream()
                .filter(table -> table.dead() > MAX_DEAD_ROWS && table.dead() > table.live())
                .map(table -> Finding.warning(
                        "dead rows",
                        "%s has %s beside %s live ones".formatted(table.table(), table.dead(), table.live()),
                        "claims become slow: look for the oldest transaction, then 'vacuum asyncjob.%s'"
                                .formatted(table.table())))
                .forEach(findings::add);
        findings.add(Finding.warning("autovacuum", "it is off", "set autovacuum = on in PostgreSQL")
                .unless(facts.autovacuum(), "it is on"));
        findings.add(sessions(facts.freeSessions(), settings.poolSize()));
        return findings;
    }

    private static Finding schema(DatabaseFacts facts, boolean migrates) {
        String subject = "schema";
        String pending = String.join(", ", facts.pending());
        if (facts.schema().equals(DatabaseFacts.IN_USE)) {
            return Finding.ok(subject, "the file is open in another process, as when the server runs");
        }
        String lacks = "version %s; it lacks %s".formatted(facts.schema(), pending);
        if (facts.schema().equals(DatabaseFacts.NONE) && migrates) {
            return Finding.ok(subject, "there is none yet; the first start of a server makes it");
        }
        Finding missing = migrates
                ? Finding.warning(subject, lacks, "the next start of a server migrates it")
                : Finding.fault(subject, lacks, "run 'migrate': db.migrate is false, so no server starts");
        return missing.unless(pending.isEmpty(), "version " + facts.schema());
    }

    private static Finding clock(Duration ahead) {
        return Finding.warning(
                        "clock",
                        "the database's clock is %s s %s this one"
                                .formatted(ahead.abs().toSeconds(), ahead.isNegative() ? "behind" : "ahead of"),
                        "let all machines use NTP: jobs and tokens follow the database's clock, certificates this one")
                .unless(ahead.abs().compareTo(MAX_CLOCK_DIFFERENCE) <= 0, "it agrees with the database's");
    }

    private static Finding rights(List<String> missing) {
        List<String> needed =
                missing.stream().filter(right -> !right.startsWith("vacuum")).toList();
        if (!needed.isEmpty()) {
            return Finding.fault(
                    "rights", "the role may not " + String.join(", ", needed), "grant them in the schema asyncjob");
        }
        return Finding.warning(
                        "rights",
                        "the role does not own the table work, so it cannot vacuum it",
                        "let the role of db.user own the schema asyncjob")
                .unless(missing.isEmpty(), "the role has all");
    }

    private static Finding transactions(DatabaseFacts.@Nullable OpenTransaction oldest) {
        String subject = "transactions";
        if (oldest == null || oldest.age().compareTo(MAX_TRANSACTION) <= 0) {
            return Finding.ok(subject, "none is open for more than %s s".formatted(MAX_TRANSACTION.toSeconds()));
        }
        return Finding.warning(
                subject,
                "%s of '%s' is open for %s s"
                        .formatted(
                                oldest.name(),
                                oldest.application(),
                                oldest.age().toSeconds()),
                "no dead row can be removed meanwhile: end it, as with pg_terminate_backend or rollback prepared");
    }

    private static Finding sessions(@Nullable Integer free, int poolSize) {
        return Finding.warning(
                        "sessions",
                        "the database accepts %s more, a node opens up to %s".formatted(free, poolSize + 1),
                        "raise max_connections, or lower db.pool-size")
                .unless(free == null || free > poolSize, "the database accepts " + free + " more");
    }

    private static Optional<Finding> disk(DatabaseFacts.@Nullable DiskFile file) {
        if (file == null) {
            return Optional.empty();
        }
        return Optional.of(Finding.warning(
                        "disk",
                        "%s MiB are free, and the file has %s MiB".formatted(file.free() >> 20, file.bytes() >> 20),
                        "make room: a compaction writes the file anew, and a full disk makes jobs unavailable (503)")
                .unless(
                        file.free() >= MIN_FREE_DISK + file.bytes(),
                        "%s MiB are free, and the file has %s MiB".formatted(file.free() >> 20, file.bytes() >> 20)));
    }
}
