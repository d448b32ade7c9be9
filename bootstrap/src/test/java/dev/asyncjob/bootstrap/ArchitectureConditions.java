package dev.asyncjob.bootstrap;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;

/** Conditions that {@link ArchitectureRules} needs and ArchUnit does not have. */
final class ArchitectureConditions {
    /** One slice a top-level class; a nested class belongs to the class around it. */
    static final SliceAssignment TOP_LEVEL_CLASSES = new SliceAssignment() {
        @Override
        public SliceIdentifier getIdentifierOf(JavaClass type) {
            return type.getPackageName().startsWith("dev.asyncjob")
                    ? SliceIdentifier.of(topLevelName(type))
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "top-level classes";
        }
    };

    private ArchitectureConditions() {}

    private static String topLevelName(JavaClass type) {
        String name = type.getName();
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    /** Whether a user of a module can see the type: it is public, top-level, and in no internal package. */
    static boolean isPublicApi(JavaClass type) {
        return type.isTopLevelClass()
                && type.getModifiers().contains(JavaModifier.PUBLIC)
                && !type.getPackageName().contains(".internal")
                && !type.getPackageName().startsWith(ArchitectureRules.BOOTSTRAP)
                && !type.getSimpleName().equals("package-info");
    }

    /** The lines of a resource of this test, but comments. */
    static Set<String> linesOf(String resource) {
        try (InputStream in = Objects.requireNonNull(ArchitectureConditions.class.getResourceAsStream(resource))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ArchCondition<JavaClass> standIn(String resource) {
        Set<String> listed = linesOf(resource);
        return new ArchCondition<>("stand in " + resource) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean known = listed.contains(type.getName());
                events.add(new SimpleConditionEvent(type, known, type.getName() + " in " + resource + ": " + known));
            }
        };
    }

    static ArchCondition<JavaClass> shareTheirPackageWithFewerTypesThan(int limit) {
        return new ArchCondition<>("share their package with fewer types than " + limit) {
            private Map<String, Long> types = Map.of();

            @Override
            public void init(Collection<JavaClass> all) {
                types = all.stream()
                        .filter(JavaClass::isTopLevelClass)
                        .filter(type -> !type.getSimpleName().equals("package-info"))
                        .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
            }

            @Override
            public void check(JavaClass type, ConditionEvents events) {
                long count = types.getOrDefault(type.getPackageName(), 0L);
                events.add(new SimpleConditionEvent(
                        type, count < limit, type.getName() + " is one of " + count + " types in its package"));
            }
        };
    }

    static ArchCondition<JavaClass> resideInANullMarkedPackage() {
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

    static ArchCondition<JavaClass> haveAbstractMethodsUpTo(int limit) {
        return new ArchCondition<>("have at most " + limit + " abstract methods") {
            @Override
            public void check(JavaClass port, ConditionEvents events) {
                long methods = port.getMethods().stream()
                        .filter(method -> method.getModifiers().contains(JavaModifier.ABSTRACT))
                        .count();
                events.add(new SimpleConditionEvent(port, methods <= limit, port.getName() + " has " + methods));
            }
        };
    }
}
