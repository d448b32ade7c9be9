package dev.asyncjob.bootstrap.cli;

/** A command failed. The message is one line for the user. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The exit code of a valid command that failed. */
    static final int FAILED = 1;

    /** The exit code of an invalid command line or configuration. */
    static final int MISUSED = 2;

    private final int exitCode;

    private CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** A valid command failed. */
    static CommandFailure failed(String message) {
        return new CommandFailure(FAILED, message);
    }

    /** The command line or the configuration is invalid. */
    static CommandFailure misused(String message) {
        return new CommandFailure(MISUSED, message);
    }

    /** A valid command failed with an exit code of its own. */
    static CommandFailure of(int exitCode, String message) {
        return new CommandFailure(exitCode, message);
    }

    /** The exit code of the process. */
    int exitCode() {
        return exitCode;
    }
}
