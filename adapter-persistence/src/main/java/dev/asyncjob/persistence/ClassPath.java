package dev.asyncjob.persistence;

/** The check for drivers, which are optional dependencies: embedders add the one of their database. */
final class ClassPath {
    private ClassPath() {}

    /**
     * Loads a class of an optional dependency.
     *
     * @param artifact Maven's {@code groupId:artifactId} of the dependency
     * @throws IllegalStateException if the class is missing, naming the artifact to add
     */
    static void require(String className, String artifact) {
        try {
            Class.forName(className, true, ClassPath.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(className + " is not on the class path: add the dependency " + artifact, e);
        }
    }
}
