package dev.asyncjob.bootstrap.cli;

/** A command failed. The message is one line for the user. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The exit code of a valid command that failed. */
    static final int FAILED = 1;

    /** The exit code of an invalid command line or configuration. */
    static final int MISUSED = 2;

    private final int exitCode;

    CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The exit code of the process. */
    int exitCode() {
        return exitCode;
    }

    /** The message of an exception in one line; the name of its class if there is no message. */
    static String message(Throwable thrown) {
        String text = thrown.getMessage();
        return text == null || text.isBlank()
                ? thrown.getClass().getSimpleName()
                : text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
