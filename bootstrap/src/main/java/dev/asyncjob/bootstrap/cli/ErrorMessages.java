package dev.asyncjob.bootstrap.cli;

/** Error messages for the command line. */
final class ErrorMessages {
    private ErrorMessages() {}

    /** The message in one line; the name of the class if there is no message. */
    static String of(Throwable thrown) {
        String text = thrown.getMessage();
        return text == null || text.isBlank()
                ? thrown.getClass().getSimpleName()
                : text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
