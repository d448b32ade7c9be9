package dev.asyncjob.persistence;

import static dev.asyncjob.testkit.Jobs.EXPECTED;
import static dev.asyncjob.testkit.Jobs.OTHER_OWNER;
import static dev.asyncjob.testkit.Jobs.OWNER;
import static dev.asyncjob.testkit.Jobs.accepted;
import static dev.asyncjob.testkit.Jobs.newId;
import static dev.asyncjob.testkit.Jobs.newJob;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.asyncjob.application.spi.JobStore;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.IdempotencyKey;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.domain.OutcomeReport;
import dev.asyncjob.domain.Payload;
import dev.asyncjob.domain.ScheduleCommand;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import dev.asyncjob.testkit.JobStoreContract;
import dev.asyncjob.testkit.Jobs;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stored fingerprints tell nothing without their key, and repetitions of rows of every form are recognised. */
class FingerprintKeysTest {
    private static final String KEY = "0123456789abcdef0123456789abcdef";
    private static final IdempotencyKey REQUEST = IdempotencyKey.of(OWNER, "order-1987654321", "request");
    private static final String COLUMNS = "select concat_ws(' ', fingerprint, idempotency_key, idempotency_request,"
            + " settled_outcome, scheduled_by) from asyncjob.job";

    private static DatabaseSettings settings(String kind) {
        return DatabaseSettings.defaults()
                .withPoolSize(2)
                .withUrl(
                        kind.equals("h2")
                                ? "jdbc:h2:mem:" + UUID.randomUUID()
                                : PostgresServer.shared().newDatabase());
    }

    private static NewJob keyedJob() {
        return newJob().withPayload(new Payload("{\"ipn\":1}"))
                .scheduledBy(OWNER)
                .withIdempotencyKey(REQUEST);
    }

    private static OutcomeReport failedAttempt(JobStore store, NewJob job) {
        ClaimedJob claimed = Jobs.claimed(store, job.id());
        Outcome outcome = Outcome.retry(new Failure("no such patient"));
        OutcomeReport report = new OutcomeReport(job.id(), claimed.lease().token(), outcome);
        assertThat(store.settle(report)).isInstanceOf(SettleResult.Accepted.class);
        return report;
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void what_is_stored_of_a_content_cannot_be_computed_from_the_content(String kind) {
        try (TestDatabase one = new TestDatabase(settings(kind));
                TestDatabase other = new TestDatabase(settings(kind))) {
            NewJob job = keyedJob();
            for (TestDatabase database : List.of(one, other)) {
                accepted(database.jobs().store().schedule(job, EXPECTED));
                OutcomeReport report = failedAttempt(database.jobs().store(), job);

                assertThat(database.query(COLUMNS))
                        .singleElement()
                        .satisfies(row -> assertThat(row)
                                .doesNotContain(job.fingerprint(), REQUEST.value(), REQUEST.request())
                                .doesNotContain(report.outcome().fingerprint())
                                .matches("(h\\.[A-Za-z0-9_-]{43} ){4}" + OWNER));
            }
            assertThat(one.query(COLUMNS)).isNotEqualTo(other.query(COLUMNS));
        }
    }

    /** Stores the fingerprints of a job as versions without keys did. */
    private static void makeOld(TestDatabase database, NewJob job, OutcomeReport report) {
        NewJob unscheduled =
                NewJob.of(job.id(), job.owner(), job.kind(), job.links()).withPayload(job.payload());
        database.execute("""
                update asyncjob.job set scheduled_by = null, fingerprint = '%s', idempotency_key = '%s',
                    idempotency_request = '%s', settled_outcome = '%s' where id = '%s'
                """.formatted(
                        unscheduled.fingerprint(),
                        REQUEST.value(),
                        REQUEST.request(),
                        report.outcome().fingerprint(),
                        job.id()));
    }

    /** Repeats everything that a store may have to recognise, by the given store. */
    private static void assertIsRecognised(JobStore store, JobSnapshot first, NewJob job, OutcomeReport report) {
        NewJob again = NewJob.of(newId(), OWNER, Jobs.KIND, Jobs.LINKS).withIdempotencyKey(REQUEST);
        NewJob reused = newJob().withIdempotencyKey(IdempotencyKey.of(OWNER, "order-1987654321", "other"));
        assertThat(store.scheduleBatch(
                        List.of(new ScheduleCommand(again, EXPECTED), new ScheduleCommand(newJob(), EXPECTED))))
                .element(0)
                .satisfies(answer -> assertThat(answer).isEmpty());
        assertThat(accepted(store.schedule(again, EXPECTED)).job().id()).isEqualTo(job.id());
        assertThat(store.schedule(reused, EXPECTED)).isInstanceOf(ScheduleResult.KeyReused.class);
        NewJob byId = NewJob.of(job.id(), job.owner(), job.kind(), job.links())
                .withPayload(job.payload())
                .scheduledBy(OWNER);
        assertThat(accepted(store.schedule(byId, EXPECTED))).isEqualTo(first);
        assertThat(store.schedule(byId.withPayload(new Payload("2")), EXPECTED))
                .isInstanceOf(ScheduleResult.Contradiction.class);
        assertThat(store.schedule(byId.scheduledBy(OTHER_OWNER), EXPECTED))
                .isInstanceOf(ScheduleResult.Contradiction.class);
        assertThat(store.settle(report)).isInstanceOf(SettleResult.Accepted.class);
        OutcomeReport otherReport =
                new OutcomeReport(job.id(), report.token(), Outcome.retry(new Failure("no such doctor")));
        assertThat(store.settle(otherReport)).isInstanceOf(SettleResult.Refused.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void repetitions_of_rows_without_key_are_recognised(String kind) {
        try (TestDatabase database = new TestDatabase(settings(kind))) {
            NewJob job = keyedJob();
            JobStore store = database.jobs().store();
            JobSnapshot first = accepted(store.schedule(job, EXPECTED));
            OutcomeReport report = failedAttempt(store, job);
            makeOld(database, job, report);

            assertIsRecognised(store, first, job, report);
            NewJob ofTheService =
                    NewJob.of(job.id(), job.owner(), job.kind(), job.links()).withPayload(job.payload());
            assertThat(accepted(store.schedule(ofTheService, EXPECTED))).isEqualTo(first);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void a_key_of_the_settings_replaces_that_of_the_database_whose_rows_are_still_recognised(String kind) {
        DatabaseSettings settings = settings(kind);
        try (TestDatabase before = new TestDatabase(settings);
                JobDatabase after = JobDatabase.open(settings.withFingerprintKey(KEY), JobStoreContract.POLICY)) {
            NewJob job = keyedJob();
            JobSnapshot first = accepted(before.jobs().store().schedule(job, EXPECTED));
            OutcomeReport report = failedAttempt(before.jobs().store(), job);

            assertIsRecognised(after.store(), first, job, report);
            NewJob newer = newJob();
            accepted(after.store().schedule(newer, EXPECTED));
            assertThat(before.jobs().store().schedule(newer, EXPECTED)) // as without the key of the settings
                    .isInstanceOf(ScheduleResult.Contradiction.class);
            assertThat(accepted(after.store().schedule(newer, EXPECTED)).job().id())
                    .isEqualTo(newer.id());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgresql"})
    void a_database_without_its_key_is_opened_with_one_of_the_settings_only(String kind) {
        DatabaseSettings settings = settings(kind);
        try (TestDatabase database = new TestDatabase(settings)) {
            database.execute("delete from asyncjob.fingerprint_key");

            assertThatIllegalStateException()
                    .isThrownBy(database::openAgain)
                    .withMessageContaining("asyncjob.fingerprint_key is empty")
                    .withMessageContaining("db.fingerprint-key");
            try (JobDatabase opened = JobDatabase.open(settings.withFingerprintKey(KEY), JobStoreContract.POLICY)) {
                NewJob job = newJob();
                accepted(opened.store().schedule(job, EXPECTED));
                assertThat(opened.store().schedule(job, EXPECTED)).isInstanceOf(ScheduleResult.Accepted.class);
            }
        }
    }
}
