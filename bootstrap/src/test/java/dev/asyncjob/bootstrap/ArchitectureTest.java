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
import org.junit.jupiter.params.provider.ValueSource;

/** Holds the main classes of all modules to {@link ArchitectureRules}. */
class ArchitectureTest {
    private static final JavaClasses MAIN_CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("-tests.jar"))
            .importPackages("dev.asyncjob");

    @ParameterizedTest(name = "{0}")
    @MethodSource("names")
    void the_house_keeps_the_rule(String name) {
        rule(name).check(MAIN_CLASSES);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ArchitectureRules.DOMAIN,
                ArchitectureRules.APPLICATION,
                ArchitectureRules.SPI,
                ArchitectureRules.HTTP,
                ArchitectureRules.PERSISTENCE,
                ArchitectureRules.CLIENT,
                ArchitectureRules.BOOTSTRAP,
            })
    void every_module_is_looked_at(String packageName) {
        assertThat(MAIN_CLASSES).anyMatch(type -> type.getPackageName().equals(packageName));
    }

    @Test
    void tests_are_not_looked_at() {
        assertThat(MAIN_CLASSES)
                .extracting(JavaClass::getSimpleName)
                .noneMatch(name -> name.endsWith("Test") || name.endsWith("Contract") || name.endsWith("Offenders"));
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
