package dev.asyncjob.bootstrap.cli;

/** A command that cannot do what was asked, with the one line that the user is told. */
final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The exit code of a command that was understood and failed. */
    static final int FAILED = 1;

    /** The exit code of a command line or a configuration that makes no sense. */
    static final int MISUSED = 2;

    private final int exitCode;

    private CommandFailure(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    /** The command was understood and failed. */
    static CommandFailure failed(String message) {
        return new CommandFailure(FAILED, message);
    }

    /** The command line or the configuration makes no sense. */
    static CommandFailure misused(String message) {
        return new CommandFailure(MISUSED, message);
    }

    /** The command was understood, and ends with a code of its own. */
    static CommandFailure of(int exitCode, String message) {
        return new CommandFailure(exitCode, message);
    }

    /** What the process ends with. */
    int exitCode() {
        return exitCode;
    }
}
