package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.Settings;

/**
 * The commands that open a database. Each call returns when the command has ended; the message of an exception is for
 * the user.
 */
public interface ServerCommands {
    /** Runs the server until the process is stopped. */
    void serve(Settings settings, Authenticator authenticator) throws Exception;

    /**
     * Runs the server with a simulated component, by default with a database in memory, until the process is stopped.
     */
    void sandbox(Settings settings) throws Exception;

    /** Brings the schema of the database up to date. */
    void migrate(Settings settings) throws Exception;
}
