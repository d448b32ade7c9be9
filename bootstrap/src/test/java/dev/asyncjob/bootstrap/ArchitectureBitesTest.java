package dev.asyncjob.bootstrap;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.EvaluationResult;
import dev.asyncjob.application.ApplicationOffenders;
import dev.asyncjob.application.GetJobStatus;
import dev.asyncjob.application.access.Access;
import dev.asyncjob.client.ClientOffenders;
import dev.asyncjob.client.JobClient;
import dev.asyncjob.domain.DomainOffenders;
import dev.asyncjob.http.HttpOffenders;
import dev.asyncjob.offender.MisplacedOffender;
import dev.asyncjob.persistence.PersistenceOffenders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Shows that every rule of {@link ArchitectureRules} fails on code that breaks it. */
public class ArchitectureBitesTest {
    /** The classes to look at, the offender first. */
    private static final Map<String, List<Class<?>>> OFFENDERS = Map.ofEntries(
            entry("every_class_has_its_place", List.of(MisplacedOffender.class)),
            entry("the_domain_knows_nobody", List.of(DomainOffenders.ReadsFiles.class)),
            entry("the_application_knows_the_domain", List.of(ApplicationOffenders.KnowsHttp.class)),
            entry("http_sees_no_store", List.of(HttpOffenders.SeesStore.class)),
            entry("persistence_sees_no_use_case", List.of(PersistenceOffenders.SeesUseCase.class, GetJobStatus.class)),
            entry("nobody_but_bootstrap_knows_persistence", List.of(HttpOffenders.KnowsPersistence.class)),
            entry("nobody_but_bootstrap_knows_http", List.of(PersistenceOffenders.KnowsHttp.class, Access.class)),
            entry("the_client_knows_nothing_but_java", List.of(ClientOffenders.KnowsDomain.class)),
            entry("nobody_but_bootstrap_knows_the_client", List.of(HttpOffenders.KnowsClient.class, JobClient.class)),
            entry("nobody_knows_bootstrap", List.of(HttpOffenders.KnowsBootstrap.class, Main.class)),
            entry("only_persistence_speaks_sql", List.of(HttpOffenders.SpeaksSql.class)),
            entry("only_http_speaks_http_and_json", List.of(javalinItself())),
            entry("only_bootstrap_reads_settings_and_arguments", List.of(PersistenceOffenders.ReadsArguments.class)),
            entry("only_main_knows_the_time", List.of(DomainOffenders.KnowsTime.class)),
            entry("the_domain_rolls_no_dice", List.of(DomainOffenders.RollsDice.class)),
            entry("only_main_reads_the_environment", List.of(HttpOffenders.ReadsEnvironment.class)),
            entry("names_say_something", List.of(HttpOffenders.RequestHelper.class)),
            entry(
                    "packages_have_no_cycles",
                    List.of(DomainOffenders.Circular.class, ApplicationOffenders.Circular.class)),
            entry("every_package_is_null_marked", List.of(MisplacedOffender.class)),
            entry("the_domain_is_immutable", List.of(DomainOffenders.Changes.class)),
            entry("a_port_has_one_method", List.of(ApplicationOffenders.TwoQuestions.class)),
            entry("the_application_has_no_static_state", List.of(ApplicationOffenders.Remembers.class)),
            entry("only_main_is_public", List.of(PublicOffender.class)));

    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.asyncjob.bootstrap.ArchitectureTest#names")
    void the_rule_bites(String name) {
        List<Class<?>> offenders = OFFENDERS.getOrDefault(name, List.of());
        EvaluationResult result = ArchitectureTest.rule(name).evaluate(imported(offenders));
        assertThat(result.getFailureReport().getDetails())
                .isNotEmpty()
                .allMatch(detail -> detail.contains(offenders.get(0).getSimpleName()));
    }

    @Test
    void every_way_to_the_clock_is_seen() {
        assertThat(ArchitectureRules.only_main_knows_the_time
                        .evaluate(imported(List.of(DomainOffenders.KnowsTime.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(6);
    }

    @Test
    void every_kind_of_static_state_is_seen() {
        assertThat(ArchitectureRules.the_application_has_no_static_state
                        .evaluate(imported(List.of(ApplicationOffenders.Remembers.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(4);
    }

    private static JavaClasses imported(List<Class<?>> types) {
        return new ClassFileImporter().importClasses(types);
    }

    /** To compile against Javalin here would be the very thing that the rule forbids. */
    private static Class<?> javalinItself() {
        try {
            return Class.forName("io.javalin.Javalin");
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }
}
