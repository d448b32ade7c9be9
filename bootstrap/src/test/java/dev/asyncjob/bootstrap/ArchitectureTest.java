package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Applies {@link ArchitectureRules} to the main classes of all modules. */
class ArchitectureTest {
    private static final JavaClasses MAIN_CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.asyncjob");

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void main_code_keeps_the_rule(String name) {
        rule(name).check(MAIN_CLASSES);
    }

    @ParameterizedTest
    @MethodSource("packages")
    void every_package_is_imported(String packageName) {
        assertThat(MAIN_CLASSES).anyMatch(type -> type.getPackageName().equals(packageName));
    }

    @Test
    void every_listed_public_type_exists() {
        assertThat(MAIN_CLASSES.stream()
                        .filter(ArchitectureConditions::isPublicApi)
                        .map(JavaClass::getName))
                .containsExactlyInAnyOrderElementsOf(ArchitectureConditions.linesOf("public-types.txt"));
    }

    @Test
    void tests_are_not_imported() {
        assertThat(MAIN_CLASSES.stream()
                        .filter(type -> !type.getPackageName().equals(ArchitectureRules.TESTKIT))
                        .map(JavaClass::getSimpleName))
                .noneMatch(name -> name.endsWith("Test") || name.endsWith("Fixture") || name.endsWith("Offenders"));
    }

    static List<String> packages() {
        return List.of(ArchitectureRules.PACKAGES);
    }

    /** The names of all rules, for this test and the other. */
    static List<String> names() {
        return Arrays.stream(ArchitectureRules.class.getDeclaredFields())
                .filter(field -> field.getType() == ArchRule.class)
                .map(Field::getName)
                .toList();
    }

    /** The rule of this name. */
    static ArchRule rule(String name) {
        try {
            return (ArchRule) ArchitectureRules.class.getDeclaredField(name).get(null);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError(e.getMessage(), e);
        }
    }
}
