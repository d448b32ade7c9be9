package dev.asyncjob.bootstrap;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.accessTargetWhere;
import static com.tngtech.archunit.lang.conditions.ArchConditions.never;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.NullMarked;

/**
 * The rules of the house, one constant each. {@link ArchitectureTest} holds the code to them and
 * {@link ArchitectureBitesTest} shows that each of them bites.
 *
 * <p>Packages are named in full, so that renaming one breaks a rule instead of emptying it.
 */
final class ArchitectureRules {
    static final String DOMAIN = "dev.asyncjob.domain";
    static final String APPLICATION = "dev.asyncjob.application";
    static final String SPI = "dev.asyncjob.application.spi";
    static final String HTTP = "dev.asyncjob.http";
    static final String PERSISTENCE = "dev.asyncjob.persistence";
    static final String CLIENT = "dev.asyncjob.client";
    static final String BOOTSTRAP = "dev.asyncjob.bootstrap";

    private static final String JSPECIFY = "org.jspecify.annotations";
    private static final DescribedPredicate<JavaClass> PURE_JAVA = resideInAPackage("java..")
            .and(not(resideInAnyPackage(
                    "java.io..", "java.net..", "java.nio.file..", "java.nio.channels..", "java.sql..")))
            .as("Java without input and output");

    static final ArchRule every_class_has_its_place =
            classes().should().resideInAnyPackage(DOMAIN, APPLICATION, SPI, HTTP, PERSISTENCE, CLIENT, BOOTSTRAP);

    static final ArchRule the_domain_knows_nobody = classes()
            .that()
            .resideInAPackage(DOMAIN)
            .should()
            .onlyDependOnClassesThat(PURE_JAVA.or(resideInAnyPackage(DOMAIN, JSPECIFY)));

    static final ArchRule the_application_knows_the_domain = classes()
            .that()
            .resideInAnyPackage(APPLICATION, SPI)
            .should()
            .onlyDependOnClassesThat(PURE_JAVA.or(resideInAnyPackage(DOMAIN, APPLICATION, SPI, JSPECIFY)));

    static final ArchRule http_sees_no_store = noClasses()
            .that()
            .resideInAPackage(HTTP)
            .should()
            .dependOnClassesThat(resideInAPackage(SPI).and(INTERFACES));

    static final ArchRule persistence_sees_no_use_case = classes()
            .that()
            .resideInAPackage(APPLICATION)
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(APPLICATION, HTTP, BOOTSTRAP);

    static final ArchRule nobody_but_bootstrap_knows_persistence = noClasses()
            .that()
            .resideOutsideOfPackages(PERSISTENCE, BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(PERSISTENCE);

    static final ArchRule nobody_but_bootstrap_knows_http = classes()
            .that()
            .resideInAPackage(HTTP)
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(HTTP, BOOTSTRAP);

    static final ArchRule the_client_knows_nothing_but_java = classes()
            .that()
            .resideInAPackage(CLIENT)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage("java..", CLIENT, JSPECIFY));

    static final ArchRule nobody_but_bootstrap_knows_the_client = classes()
            .that()
            .resideInAPackage(CLIENT)
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAnyPackage(CLIENT, BOOTSTRAP);

    static final ArchRule nobody_knows_bootstrap = classes()
            .that()
            .resideInAPackage(BOOTSTRAP)
            .should()
            .onlyHaveDependentClassesThat()
            .resideInAPackage(BOOTSTRAP);

    static final ArchRule only_persistence_speaks_sql = noClasses()
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

    static final ArchRule only_http_speaks_http_and_json = noClasses()
            .that()
            .resideOutsideOfPackage(HTTP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.javalin..",
                    "org.eclipse.jetty..",
                    "jakarta.servlet..",
                    "com.fasterxml.jackson..",
                    "tools.jackson..");

    static final ArchRule only_bootstrap_reads_settings_and_arguments = noClasses()
            .that()
            .resideOutsideOfPackage(BOOTSTRAP)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.typesafe.config..", "picocli..", "io.micrometer..");

    static final ArchRule only_main_knows_the_time = classes()
            .that()
            .doNotHaveFullyQualifiedName(BOOTSTRAP + ".Main")
            .should(
                    neverAccess(
                            "a clock",
                            Pattern.compile(
                                    "java\\.time\\.\\w+\\.now|java\\.time\\.(Clock|InstantSource)\\.(system|tick)\\w*"
                                            + "|java\\.lang\\.System\\.currentTimeMillis|java\\.util\\.(Date|GregorianCalendar)\\.<init>|java\\.util\\.Calendar\\.getInstance")));

    static final ArchRule the_domain_rolls_no_dice = classes()
            .that()
            .resideInAPackage(DOMAIN)
            .should(
                    neverAccess(
                            "a source of randomness",
                            Pattern.compile(
                                    "java\\.util\\.UUID\\.randomUUID|java\\.lang\\.Math\\.random"
                                            + "|java\\.util\\.(Random|SplittableRandom)\\..*|java\\.util\\.random\\..*"
                                            + "|java\\.util\\.concurrent\\.ThreadLocalRandom\\..*|java\\.security\\.SecureRandom\\..*")));

    static final ArchRule only_main_reads_the_environment = classes()
            .that()
            .doNotHaveFullyQualifiedName(BOOTSTRAP + ".Main")
            .should(neverAccess(
                    "the environment or system properties",
                    Pattern.compile("java\\.lang\\.System\\.(getenv|\\w+Propert(y|ies))"
                            + "|java\\.lang\\.(Integer\\.getInteger|Long\\.getLong|Boolean\\.getBoolean)")));

    static final ArchRule names_say_something =
            noClasses().should().haveNameMatching(".*(Impl|Utils?|Helper|Manager|D[Tt][Oo]|Mapper)(\\$.*)?");

    static final ArchRule packages_have_no_cycles =
            slices().matching("dev.asyncjob.(**)").should().beFreeOfCycles();

    static final ArchRule every_package_is_null_marked = classes().should(resideInANullMarkedPackage());

    static final ArchRule the_domain_is_immutable = fields().that()
            .areDeclaredInClassesThat()
            .resideInAPackage(DOMAIN)
            .should()
            .beFinal();

    static final ArchRule a_port_has_one_method = classes()
            .that()
            .resideInAPackage(APPLICATION)
            .and()
            .areInterfaces()
            .and()
            .doNotHaveSimpleName("package-info")
            .should(haveOneAbstractMethod());

    static final ArchRule the_application_has_no_static_state = fields().that()
            .areDeclaredInClassesThat()
            .resideInAnyPackage(APPLICATION, SPI)
            .and()
            .areStatic()
            .should()
            .beFinal()
            .andShould()
            .notHaveRawType(describe("can change", ArchitectureRules::canChange));

    static final ArchRule only_main_is_public = classes()
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

    private static ArchCondition<JavaClass> resideInANullMarkedPackage() {
        return new ArchCondition<>("reside in a package whose package-info says @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean marked = type.getPackage()
                        .tryGetPackageInfo()
                        .filter(info -> info.isAnnotatedWith(NullMarked.class))
                        .isPresent();
                events.add(new SimpleConditionEvent(type, marked, type.getName() + " is in " + type.getPackageName()));
            }
        };
    }

    private static ArchCondition<JavaClass> haveOneAbstractMethod() {
        return new ArchCondition<>("have one abstract method") {
            @Override
            public void check(JavaClass port, ConditionEvents events) {
                long methods = port.getMethods().stream()
                        .filter(method -> method.getModifiers().contains(JavaModifier.ABSTRACT))
                        .count();
                events.add(new SimpleConditionEvent(port, methods == 1, port.getName() + " has " + methods));
            }
        };
    }

    private static boolean canChange(JavaClass type) {
        return type.isArray()
                || Set.of(Collection.class, Map.class).stream().anyMatch(type::isAssignableTo)
                || type.getPackageName().startsWith("java.util.concurrent");
    }
}
