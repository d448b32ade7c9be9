package dev.asyncjob.bootstrap;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.lang.EvaluationResult;
import dev.asyncjob.application.ApplicationOffenders;
import dev.asyncjob.callbacks.CallbackOffenders;
import dev.asyncjob.client.ClientOffenders;
import dev.asyncjob.domain.DomainOffenders;
import dev.asyncjob.http.HttpOffenders;
import dev.asyncjob.http.internal.exchange.ExchangeOffender;
import dev.asyncjob.identity.IdentityOffenders;
import dev.asyncjob.identity.internal.file.FileOffenders;
import dev.asyncjob.metrics.MetricsOffenders;
import dev.asyncjob.offender.MisplacedOffender;
import dev.asyncjob.persistence.PersistenceOffenders;
import dev.asyncjob.testkit.TestkitOffenders;
import dev.asyncjob.tracing.TracingOffenders;
import dev.asyncjob.ui.UiOffenders;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Shows that every rule of {@link ArchitectureRules} fails on code that breaks it. */
public class ArchitectureBitesTest {
    /** The classes to look at, the offender first. */
    private static final Map<String, List<Class<?>>> OFFENDERS = Map.ofEntries(
            entry("every_class_is_in_a_known_package", List.of(MisplacedOffender.class)),
            entry("the_domain_depends_on_no_other_package", List.of(DomainOffenders.ReadsFiles.class)),
            entry("the_application_depends_on_the_domain_only", List.of(ApplicationOffenders.UsesHttp.class)),
            entry("http_uses_no_driven_port", List.of(HttpOffenders.UsesStore.class)),
            entry("persistence_uses_no_use_case", List.of(PersistenceOffenders.UsesUseCase.class)),
            entry("identity_depends_on_the_application_only", List.of(IdentityOffenders.UsesHttp.class)),
            entry("callbacks_depend_on_the_application_only", List.of(CallbackOffenders.UsesHttp.class)),
            entry("only_bootstrap_uses_callbacks", List.of(HttpOffenders.UsesCallbacks.class)),
            entry("the_testkit_depends_on_the_application_only", List.of(TestkitOffenders.UsesPersistence.class)),
            entry("only_bootstrap_uses_persistence", List.of(HttpOffenders.UsesPersistence.class)),
            entry("only_bootstrap_uses_identity", List.of(HttpOffenders.UsesIdentity.class)),
            entry("only_bootstrap_uses_http", List.of(PersistenceOffenders.UsesHttp.class)),
            entry("internal_packages_of_http_stay_inside", List.of(BootstrapOffenders.UsesInternals.class)),
            entry("internal_packages_of_identity_stay_inside", List.of(BootstrapOffenders.UsesFiles.class)),
            entry("files_of_identity_depend_on_the_domain_only", List.of(FileOffenders.UsesIdentity.class)),
            entry(
                    "http_keeps_its_layers",
                    List.of(ExchangeOffender.class, HttpOffenders.class, HttpOffenders.UsesStore.class)),
            entry("the_client_depends_on_java_only", List.of(ClientOffenders.UsesDomain.class)),
            entry("only_bootstrap_and_tracing_use_the_client", List.of(HttpOffenders.UsesClient.class)),
            entry("no_other_module_uses_bootstrap", List.of(HttpOffenders.UsesBootstrap.class)),
            entry("only_persistence_uses_sql", List.of(HttpOffenders.UsesSql.class)),
            entry("only_http_uses_a_web_server", List.of(library("io.javalin.Javalin"))),
            entry(
                    "only_http_identity_and_callbacks_read_json",
                    List.of(library("com.fasterxml.jackson.databind.ObjectMapper"))),
            entry("only_identity_verifies_tokens", List.of(library("com.nimbusds.jwt.SignedJWT"))),
            entry("only_client_and_identity_send_requests", List.of(HttpOffenders.SendsRequests.class)),
            entry("only_bootstrap_uses_configuration", List.of(PersistenceOffenders.ReadsArguments.class)),
            entry("only_bootstrap_and_metrics_use_micrometer", List.of(PersistenceOffenders.CountsCalls.class)),
            entry("metrics_depend_on_the_application_only", List.of(MetricsOffenders.UsesHttp.class)),
            entry("only_bootstrap_uses_metrics", List.of(HttpOffenders.UsesMetrics.class)),
            entry("only_bootstrap_and_tracing_use_opentelemetry", List.of(PersistenceOffenders.MakesSpans.class)),
            entry("tracing_depends_on_the_application_and_the_client_only", List.of(TracingOffenders.UsesHttp.class)),
            entry("only_bootstrap_uses_tracing", List.of(HttpOffenders.UsesTracing.class)),
            entry("the_page_depends_on_the_application_only", List.of(UiOffenders.UsesHttp.class)),
            entry("only_bootstrap_uses_the_page", List.of(HttpOffenders.UsesPage.class)),
            entry("only_main_and_the_client_read_the_clock", List.of(DomainOffenders.ReadsClocks.class)),
            entry("the_domain_uses_no_randomness", List.of(DomainOffenders.UsesRandomness.class)),
            entry("only_main_reads_the_environment", List.of(HttpOffenders.ReadsEnvironment.class)),
            entry("only_main_prints", List.of(HttpOffenders.Prints.class)),
            entry("only_the_execution_has_time_and_threads", List.of(ApplicationOffenders.HasThreads.class)),
            entry("the_domain_uses_no_threads_and_no_reflection", List.of(DomainOffenders.UsesThreads.class)),
            entry("no_class_uses_internals_of_the_jdk", List.of(library("com.sun.net.httpserver.HttpServer"))),
            entry("no_class_uses_the_default_locale_zone_or_charset", List.of(HttpOffenders.UsesDefaults.class)),
            entry("names_are_specific", List.of(HttpOffenders.RequestHelper.class)),
            entry(
                    "packages_have_no_cycles",
                    List.of(DomainOffenders.Circular.class, ApplicationOffenders.Circular.class)),
            entry(
                    "classes_have_no_cycles",
                    List.of(DomainOffenders.Circular.class, ApplicationOffenders.Circular.class)),
            entry("packages_stay_small", twentySixTypes()),
            entry("public_types_are_listed", List.of(MisplacedOffender.class)),
            entry("every_package_is_null_marked", List.of(MisplacedOffender.class)),
            entry("the_domain_is_immutable", List.of(DomainOffenders.Changes.class)),
            entry("ports_are_small", List.of(ApplicationOffenders.SevenMethods.class)),
            entry("the_application_has_no_static_state", List.of(ApplicationOffenders.KeepsState.class)),
            entry("only_main_is_public_in_the_root_of_bootstrap", List.of(PublicOffender.class)));

    @ParameterizedTest(name = "{0}")
    @MethodSource("dev.asyncjob.bootstrap.ArchitectureTest#names")
    void the_rule_fails_on_its_offender(String name) {
        List<Class<?>> offenders = OFFENDERS.getOrDefault(name, List.of());
        EvaluationResult result = ArchitectureTest.rule(name).evaluate(imported(offenders));
        assertThat(result.getFailureReport().getDetails())
                .anyMatch(detail -> detail.contains(offenders.get(0).getSimpleName()))
                .allMatch(detail -> offenders.stream().anyMatch(type -> detail.contains(type.getSimpleName())));
    }

    @Test
    void every_way_to_read_a_clock_is_found() {
        assertThat(ArchitectureRules.only_main_and_the_client_read_the_clock
                        .evaluate(imported(List.of(DomainOffenders.ReadsClocks.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(6);
    }

    @Test
    void every_way_to_take_defaults_is_found() {
        assertThat(ArchitectureRules.no_class_uses_the_default_locale_zone_or_charset
                        .evaluate(imported(List.of(HttpOffenders.UsesDefaults.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(25)
                .noneMatch(detail -> detail.contains(".stated("));
    }

    @Test
    void every_use_of_threads_and_reflection_is_found() {
        assertThat(ArchitectureRules.the_domain_uses_no_threads_and_no_reflection
                        .evaluate(imported(List.of(DomainOffenders.UsesThreads.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(6);
    }

    @Test
    void every_use_of_time_and_threads_in_the_application_is_found() {
        assertThat(ArchitectureRules.only_the_execution_has_time_and_threads
                        .evaluate(imported(List.of(ApplicationOffenders.HasThreads.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(10);
    }

    @Test
    void every_kind_of_static_state_is_found() {
        assertThat(ArchitectureRules.the_application_has_no_static_state
                        .evaluate(imported(List.of(ApplicationOffenders.KeepsState.class)))
                        .getFailureReport()
                        .getDetails())
                .hasSize(4);
    }

    private static JavaClasses imported(List<Class<?>> types) {
        return new ClassFileImporter().importClasses(types);
    }

    /** Types of one package, one more than a package may have. */
    private static List<Class<?>> twentySixTypes() {
        return Stream.of("", "Boolean", "Double", "Int", "Long")
                .flatMap(type -> Stream.of(
                                "Consumer", "Function", "Predicate", "Supplier", "BinaryOperator", "UnaryOperator")
                        .map(kind -> type.equals("Boolean") ? "Bi" + kind : type + kind))
                .flatMap(name -> find("java.util.function." + name).stream())
                .toList();
    }

    /** A class of a library that this module must not compile against. */
    private static Class<?> library(String name) {
        return find(name).orElseThrow();
    }

    private static Optional<Class<?>> find(String name) {
        try {
            return Optional.of(Class.forName(name));
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }
}
