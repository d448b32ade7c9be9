package dev.asyncjob.bootstrap;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessTargetWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URI;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The architecture rules, one constant each. {@link ArchitectureTest} applies them to the main classes of all modules,
 * and {@link ArchitectureBitesTest} shows that each of them fails on a planted offender.
 *
 * <p>Packages are named in full, so that a renamed package breaks a rule instead of emptying it.
 */
final class ArchitectureRules {
    static final String DOMAIN = "dev.asyncjob.domain";
    static final String APPLICATION = "dev.asyncjob.application";
    static final String ACCESS = "dev.asyncjob.application.access";
    static final String SPI = "dev.asyncjob.application.spi";
    static final String TEXT = "dev.asyncjob.application.text";
    static final String WORKER = "dev.asyncjob.application.worker";
    static final String TESTKIT = "dev.asyncjob.testkit";
    static final String PERSISTENCE = "dev.asyncjob.persistence";
    static final String IDENTITY_FILE = "dev.asyncjob.identity.internal.file";
    static final String IDENTITY = "dev.asyncjob.identity";
    static final String CALLBACKS = "dev.asyncjob.callbacks";
    static final String METRICS = "dev.asyncjob.metrics";
    static final String TRACING = "dev.asyncjob.tracing";
    static final String UI = "dev.asyncjob.ui";
    static final String HTTP = "dev.asyncjob.http";
    static final String HTTP_SETTINGS = "dev.asyncjob.http.settings";
    static final String HTTP_EXCHANGE = "dev.asyncjob.http.internal.exchange";
    static final String HTTP_ACCESS = "dev.asyncjob.http.internal.access";
    static final String HTTP_BODY = "dev.asyncjob.http.internal.body";
    static final String HTTP_JETTY = "dev.asyncjob.http.internal.jetty";
    static final String HTTP_STATUS = "dev.asyncjob.http.internal.status";
    static final String HTTP_WORK = "dev.asyncjob.http.internal.work";
    static final String CLIENT = "dev.asyncjob.client";
    static final String BOOTSTRAP = "dev.asyncjob.bootstrap";
    static final String CLI = "dev.asyncjob.bootstrap.cli";
    static final String CONFIG = "dev.asyncjob.bootstrap.config";
    static final String OPS = "dev.asyncjob.bootstrap.ops";
    static final String SANDBOX = "dev.asyncjob.bootstrap.sandbox";

    /** Every package with main classes. */
    static final String[] PACKAGES = {
        DOMAIN,
        APPLICATION,
        ACCESS,
        SPI,
        TEXT,
        WORKER,
        TESTKIT,
        IDENTITY_FILE,
        PERSISTENCE,
        IDENTITY,
        CALLBACKS,
        METRICS,
        TRACING,
        UI,
        HTTP,
        HTTP_SETTINGS,
        HTTP_EXCHANGE,
        HTTP_ACCESS,
        HTTP_BODY,
        HTTP_JETTY,
        HTTP_STATUS,
        HTTP_WORK,
        CLIENT,
        BOOTSTRAP,
        CLI,
        CONFIG,
        OPS,
        SANDBOX,
    };

    /** Top-level types in a package at most. */
    static final int MAX_TYPES = 25;

    /** Methods without a body in a port at most. */
    static final int MAX_PORT_METHODS = 6;

    private static final String ALL_HTTP = "dev.asyncjob.http..";
    private static final String ALL_BOOTSTRAP = "dev.asyncjob.bootstrap..";
    private static final String HTTP_INTERNAL = "dev.asyncjob.http.internal..";
    private static final String JSPECIFY = "org.jspecify.annotations";
    private static final DescribedPredicate<JavaClass> PURE_JAVA = resideInAPackage("java..")
            .and(not(resideInAnyPackage(
                    "java.io..", "java.net..", "java.nio.file..", "java.nio.channels..", "java.sql..")))
            .or(type(URI.class)) // a value: it opens nothing, unlike a URL
            .as("Java without input and output");

    static final ArchRule every_class_is_in_a_known_package = classes().should().resideInAnyPackage(PACKAGES);

    static final ArchRule the_domain_depends_on_no_other_package = classes()
            .that()
            .resideInAPackage(DOMAIN)
            .should()
            .onlyDependOnClassesThat(PURE_JAVA.or(resideInAnyPackage(DOMAIN, JSPECIFY)));

    static final ArchRule the_application_depends_on_the_domain_only = classes()
            .that()
            .resideInAnyPackage(APPLICATION, ACCESS, SPI, TEXT, WORKER)
            .should()
            .onlyDependOnClassesThat(
                    PURE_JAVA.or(resideInAnyPackage(DOMAIN, APPLICATION, ACCESS, SPI, TEXT, WORKER, JSPECIFY)));

    static final ArchRule http_uses_no_driven_port = noClasses()
            .that()
            .resideInAPackage(ALL_HTTP)
            .should()
            .dependOnClassesThat(resideInAPackage(SPI).and(INTERFACES));

    static final ArchRule persistence_uses_no_use_case = noClasses()
            .that()
            .resideInAPackage(PERSISTENCE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(APPLICATION, ACCESS, WORKER);

    static final ArchRule identity_depends_on_the_application_only = classes()
            .that()
            .resideInAPackage(IDENTITY)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    DOMAIN,
                    ACCESS,
                    SPI,
                    IDENTITY,
                    IDENTITY_FILE,
                    JSPECIFY,
                    "com.fasterxml.jackson..",
                    "com.github.benmanes.caffeine..",
                    "com.nimbusds.."));

    /** Of Jetty it uses the client. */
    static final ArchRule callbacks_depend_on_the_application_only = classes()
            .that()
            .resideInAPackage(CALLBACKS)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java..",
                            "javax.net.ssl..",
                            "javax.crypto..",
                            DOMAIN,
                            SPI,
                            WORKER,
                            CALLBACKS,
                            JSPECIFY,
                            "com.fasterxml.jackson..",
                            "org.eclipse.jetty.client..",
                            "org.eclipse.jetty.http..",
                            "org.eclipse.jetty.io..",
                            "org.eclipse.jetty.util..")
                    .and(not(resideInAPackage("java.net.http.."))));

    static final ArchRule metrics_depend_on_the_application_only = classes()
            .that()
            .resideInAPackage(METRICS)
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("java..", DOMAIN, SPI, METRICS, JSPECIFY, "io.micrometer.core.instrument.."));

    /** Of the client, for the workers of other processes. */
    static final ArchRule tracing_depends_on_the_application_and_the_client_only = classes()
            .that()
            .resideInAPackage(TRACING)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..",
                    DOMAIN,
                    APPLICATION,
                    SPI,
                    WORKER,
                    CLIENT,
                    TRACING,
                    JSPECIFY,
                    "io.opentelemetry.api..",
                    "io.opentelemetry.context.."));

    static final ArchRule the_page_depends_on_the_application_only = classes()
            .that()
            .resideInAPackage(UI)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                            "java..", DOMAIN, APPLICATION, ACCESS, SPI, TEXT, UI, JSPECIFY, "io.javalin.http..")
                    .and(not(resideInAPackage(SPI).and(INTERFACES))));

    static final ArchRule the_testkit_depends_on_the_application_only = classes()
            .that()
            .resideInAPackage(TESTKIT)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(
                    "java..", DOMAIN, APPLICATION, SPI, WORKER, TESTKIT, JSPECIFY, "org.assertj..", "org.junit.."));

    static final ArchRule only_bootstrap_uses_persistence = noClasses()
            .that()
            .resideOutsideOfPackages(PERSISTENCE, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(PERSISTENCE);

    static final ArchRule only_bootstrap_uses_identity = noClasses()
            .that()
            .resideOutsideOfPackages(IDENTITY, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(IDENTITY);

    static final ArchRule only_bootstrap_uses_callbacks = noClasses()
            .that()
            .resideOutsideOfPackages(CALLBACKS, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CALLBACKS);

    static final ArchRule only_bootstrap_uses_metrics = noClasses()
            .that()
            .resideOutsideOfPackages(METRICS, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(METRICS);

    static final ArchRule only_bootstrap_uses_tracing = noClasses()
            .that()
            .resideOutsideOfPackages(TRACING, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(TRACING);

    static final ArchRule only_bootstrap_uses_the_page = noClasses()
            .that()
            .resideOutsideOfPackages(UI, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(UI);

    static final ArchRule only_bootstrap_uses_http = noClasses()
            .that()
            .resideOutsideOfPackages(ALL_HTTP, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ALL_HTTP);

    static final ArchRule internal_packages_of_http_stay_inside = noClasses()
            .that()
            .resideOutsideOfPackage(ALL_HTTP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(HTTP_INTERNAL);

    static final ArchRule internal_packages_of_identity_stay_inside = noClasses()
            .that()
            .resideOutsideOfPackages(IDENTITY, IDENTITY_FILE)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(IDENTITY_FILE);

    static final ArchRule files_of_identity_depend_on_the_domain_only = classes()
            .that()
            .resideInAPackage(IDENTITY_FILE)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage("java..", DOMAIN, IDENTITY_FILE, JSPECIFY));

    static final ArchRule http_keeps_its_layers = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("front")
            .definedBy(HTTP)
            .layer("work")
            .definedBy(HTTP_WORK)
            .layer("status")
            .definedBy(HTTP_STATUS)
            .layer("below")
            .definedBy(HTTP_ACCESS, HTTP_BODY, HTTP_JETTY)
            .layer("exchange")
            .definedBy(HTTP_EXCHANGE)
            .layer("settings")
            .definedBy(HTTP_SETTINGS)
            .withOptionalLayers(true)
            .whereLayer("front")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("work")
            .mayOnlyBeAccessedByLayers("front")
            .whereLayer("status")
            .mayOnlyBeAccessedByLayers("front", "work")
            .whereLayer("below")
            .mayOnlyBeAccessedByLayers("front", "work", "status")
            .whereLayer("exchange")
            .mayOnlyBeAccessedByLayers("front", "work", "status", "below")
            .whereLayer("settings")
            .mayOnlyBeAccessedByLayers("front", "work", "status", "below", "exchange");

    static final ArchRule the_client_depends_on_java_only = classes()
            .that()
            .resideInAPackage(CLIENT)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage("java..", "javax.crypto..", CLIENT, JSPECIFY));

    static final ArchRule only_bootstrap_and_tracing_use_the_client = noClasses()
            .that()
            .resideOutsideOfPackages(CLIENT, TRACING, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLIENT);

    static final ArchRule no_other_module_uses_bootstrap = noClasses()
            .that()
            .resideOutsideOfPackage(ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(ALL_BOOTSTRAP);

    static final ArchRule only_persistence_uses_sql = noClasses()
            .that()
            .resideOutsideOfPackage(PERSISTENCE)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "java.sql..",
                    "javax.sql..",
                    "org.jdbi..",
                    "org.flywaydb..",
                    "com.zaxxer.hikari..",
                    "org.h2..",
                    "org.postgresql..");

    static final ArchRule only_http_uses_a_web_server = noClasses()
            .that()
            .resideOutsideOfPackages(ALL_HTTP, CALLBACKS, UI) // whose own rules leave them a part
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..");

    static final ArchRule only_http_identity_and_callbacks_read_json = noClasses()
            .that()
            .resideOutsideOfPackages(ALL_HTTP, IDENTITY, CALLBACKS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.fasterxml.jackson..", "tools.jackson..");

    static final ArchRule only_identity_verifies_tokens = noClasses()
            .that()
            .resideOutsideOfPackage(IDENTITY)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.nimbusds..");

    static final ArchRule only_client_and_identity_send_requests = noClasses()
            .that()
            .resideOutsideOfPackages(CLIENT, IDENTITY)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.net.http..");

    static final ArchRule only_bootstrap_uses_configuration = noClasses()
            .that()
            .resideOutsideOfPackage(ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.typesafe.config..", "picocli..");

    static final ArchRule only_bootstrap_and_metrics_use_micrometer = noClasses()
            .that()
            .resideOutsideOfPackages(METRICS, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.micrometer..");

    static final ArchRule only_bootstrap_and_tracing_use_opentelemetry = noClasses()
            .that()
            .resideOutsideOfPackages(TRACING, ALL_BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..");

    /** The client verifies callbacks in one call of a program that is not ours. */
    static final ArchRule only_main_and_the_client_read_the_clock = classes()
            .that()
            .doNotHaveFullyQualifiedName(BOOTSTRAP + ".Main")
            .and()
            .doNotHaveFullyQualifiedName(CLIENT + ".JobClient")
            .should(
                    neverAccess(
                            "a clock",
                            Pattern.compile(
                                    "java\\.time\\.\\w+\\.now|java\\.time\\.(Clock|InstantSource)\\.(system|tick)\\w*"
                                            + "|java\\.lang\\.System\\.currentTimeMillis|java\\.util\\.(Date|GregorianCalendar)\\.<init>|java\\.util\\.Calendar\\.getInstance")));

    static final ArchRule the_domain_uses_no_randomness = classes()
            .that()
            .resideInAPackage(DOMAIN)
            .should(
                    neverAccess(
                            "a source of randomness",
                            Pattern.compile(
                                    "java\\.util\\.UUID\\.randomUUID|java\\.lang\\.Math\\.random"
                                            + "|java\\.util\\.(Random|SplittableRandom)\\..*|java\\.util\\.random\\..*"
                                            + "|java\\.util\\.concurrent\\.ThreadLocalRandom\\..*|java\\.security\\.SecureRandom\\..*")));

    /** So that a simulation can replace time, threads and waits. */
    static final ArchRule only_the_execution_has_time_and_threads = classes()
            .that()
            .resideInAnyPackage(APPLICATION, ACCESS, SPI, TEXT, WORKER)
            .and()
            .haveNameNotMatching(".*\\.spi\\.(Execution|BackgroundLoop)(\\$.*)?")
            .should(
                    neverAccess(
                            "a clock, a thread or a wait",
                            Pattern.compile(
                                    "java\\.lang\\.System\\.nanoTime|java\\.lang\\.Thread\\.(<init>|sleep|join|start\\w*|of\\w+)"
                                            + "|java\\.lang\\.Object\\.wait|java\\.util\\.Timer\\.<init>"
                                            + "|java\\.util\\.concurrent\\.(Executors\\..*|ForkJoinPool\\..*|\\w*ThreadPoolExecutor\\.<init>)"
                                            + "|java\\.util\\.concurrent\\.CompletableFuture\\.(join|get|delayedExecutor|orTimeout|completeOnTimeout|\\w+Async)"
                                            + "|java\\.util\\.concurrent\\.(Future|FutureTask)\\.get"
                                            + "|java\\.util\\.concurrent\\.TimeUnit\\.(sleep|timed\\w+)"
                                            + "|java\\.util\\.concurrent\\.(CountDownLatch\\.await|Semaphore\\.acquire\\w*"
                                            + "|\\w*ExecutorService\\.awaitTermination)|java\\.util\\.concurrent\\.locks\\.LockSupport\\..*")));

    static final ArchRule the_domain_uses_no_threads_and_no_reflection = classes()
            .that()
            .resideInAPackage(DOMAIN)
            .should(
                    neverAccess(
                            "a thread or reflection",
                            Pattern.compile(
                                    "java\\.lang\\.(Thread|ThreadLocal|InheritableThreadLocal|Process\\w*|Runtime)\\..*"
                                            + "|java\\.util\\.(concurrent\\..*|Timer\\..*)"
                                            + "|java\\.lang\\.Object\\.(wait|notify|notifyAll)|java\\.lang\\.System\\.nanoTime"
                                            + "|java\\.lang\\.(reflect|invoke)\\..*|java\\.lang\\.ClassLoader\\..*"
                                            + "|java\\.lang\\.Class\\.(forName|newInstance|get(Declared)?(Method|Field|Constructor)s?)")));

    static final ArchRule no_class_uses_internals_of_the_jdk =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("com.sun..", "sun..", "jdk..");

    static final ArchRule only_main_reads_the_environment = classes()
            .that()
            .doNotHaveFullyQualifiedName(BOOTSTRAP + ".Main")
            .should(neverAccess(
                    "the environment or system properties",
                    Pattern.compile("java\\.lang\\.System\\.(getenv|\\w+Propert(y|ies))"
                            + "|java\\.lang\\.(Integer\\.getInteger|Long\\.getLong|Boolean\\.getBoolean)")));

    static final ArchRule only_main_prints = classes()
            .that()
            .doNotHaveFullyQualifiedName(BOOTSTRAP + ".Main")
            .should(neverAccess(
                    "standard output or standard error", Pattern.compile("java\\.lang\\.System\\.(out|err)")));

    static final ArchRule no_class_uses_the_default_locale_zone_or_charset = classes()
            .that()
            .doNotHaveFullyQualifiedName("dev.asyncjob.persistence.DriverZone") // hides the zone from a driver
            .should(neverAccess(
                    "a default locale, time zone or charset",
                    Pattern.compile("java\\.util\\.Locale\\.getDefault|java\\.time\\.ZoneId\\.systemDefault"
                            + "|java\\.util\\.TimeZone\\.getDefault|java\\.nio\\.charset\\.Charset\\.defaultCharset"
                            + "|java\\.time\\.Clock\\.systemDefaultZone|java\\.util\\.Calendar\\.getInstance|java\\.text\\.\\w+Format\\..*"
                            + "|java\\.time\\.format\\.DateTimeFormatter\\.ofLocalized\\w+")))
            .andShould(neverCall("a default locale, time zone or charset", ArchitectureRules::takesDefaults));

    static final ArchRule names_are_specific =
            noClasses().should().haveNameMatching(".*(Impl|Utils?|Helper|Manager|D[Tt][Oo]|Mapper)(\\$.*)?");

    static final ArchRule packages_have_no_cycles =
            slices().matching("dev.asyncjob.(**)").should().beFreeOfCycles();

    static final ArchRule classes_have_no_cycles = slices().assignedFrom(ArchitectureConditions.TOP_LEVEL_CLASSES)
            .should()
            .beFreeOfCycles();

    static final ArchRule packages_stay_small = classes()
            .that()
            .resideOutsideOfPackages(DOMAIN, PERSISTENCE, TESTKIT)
            .should(ArchitectureConditions.shareTheirPackageWithFewerTypesThan(MAX_TYPES + 1));

    static final ArchRule public_types_are_listed = classes()
            .that(describe("are public", ArchitectureConditions::isPublicApi))
            .should(ArchitectureConditions.standIn("public-types.txt"));

    static final ArchRule every_package_is_null_marked =
            classes().should(ArchitectureConditions.resideInANullMarkedPackage());

    static final ArchRule the_domain_is_immutable = fields().that()
            .areDeclaredInClassesThat()
            .resideInAPackage(DOMAIN)
            .should()
            .beFinal();

    static final ArchRule ports_are_small = classes()
            .that()
            .resideInAnyPackage(APPLICATION, ACCESS, WORKER)
            .and()
            .areInterfaces()
            .and()
            .doNotHaveSimpleName("package-info")
            .should(ArchitectureConditions.haveAbstractMethodsUpTo(MAX_PORT_METHODS));

    static final ArchRule the_application_has_no_static_state = fields().that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(DOMAIN, APPLICATION, ACCESS, SPI, TEXT, WORKER)
            .and()
            .areStatic()
            .and(not(describe(
                    "are made by the compiler", field -> field.getModifiers().contains(JavaModifier.SYNTHETIC))))
            .should()
            .beFinal()
            .andShould()
            .notHaveRawType(describe("can change", ArchitectureRules::canChange));

    static final ArchRule only_main_is_public_in_the_root_of_bootstrap = classes()
            .that()
            .resideInAPackage(BOOTSTRAP)
            .and()
            .doNotHaveFullyQualifiedName(BOOTSTRAP + ".Main")
            .should()
            .notBePublic();

    private ArchitectureRules() {}

    private static ArchCondition<JavaClass> neverAccess(String what, Pattern targets) {
        DescribedPredicate<JavaAccess<?>> matches = describe(
                "a target is " + what,
                access -> targets.matcher(access.getTargetOwner().getFullName() + "."
                                + access.getTarget().getName())
                        .matches());
        return never(accessTargetWhere(matches));
    }

    private static ArchCondition<JavaClass> neverCall(String what, Predicate<String> targets) {
        return never(accessTargetWhere(describe(
                "a target takes " + what,
                access -> targets.test(access.getTarget().getFullName()))));
    }

    /** The methods and constructors that have another form, which states the locale or the charset. */
    private static final Pattern WITH_DEFAULTS = Pattern.compile(
            "java\\.lang\\.String\\.(to(Lower|Upper)Case|getBytes)\\(\\)"
                    + "|java\\.lang\\.String\\.<init>\\(\\[B.*|java\\.io\\.ByteArrayOutputStream\\.toString\\(\\)"
                    + "|java\\.lang\\.String\\.format\\(.*|java\\.io\\.Print(Stream|Writer)\\.(printf|format)\\(.*"
                    + "|java\\.time\\.\\w+\\.now\\(\\)|java\\.util\\.Date\\.to\\w*String\\(\\)|java\\.net\\.URL(De|En)coder\\.\\w+\\(java\\.lang\\.String\\)"
                    + "|java\\.util\\.(Formatter|Scanner)\\.<init>\\(.*|java\\.time\\.format\\.DateTimeFormatter\\.ofPattern\\(.*"
                    + "|java\\.io\\.(FileReader|FileWriter|InputStreamReader|OutputStreamWriter|PrintStream|PrintWriter)\\.<init>\\(.*");

    /** Whether a call, by its full name with the types of its arguments, states neither a locale nor a charset. */
    private static boolean takesDefaults(String call) {
        return WITH_DEFAULTS.matcher(call).matches()
                && !call.startsWith("java.time.Instant.")
                && !call.matches(".*\\((.*, )?java\\.(util\\.Locale|nio\\.charset\\.Charset|io\\.Writer)\\b.*");
    }

    private static boolean canChange(JavaClass type) {
        return type.isArray()
                || Set.of(Collection.class, Map.class).stream().anyMatch(type::isAssignableTo)
                || type.getPackageName().startsWith("java.util.concurrent");
    }
}
