package dev.asyncjob.bootstrap.cli;

import dev.asyncjob.application.access.Authenticator;
import dev.asyncjob.bootstrap.config.Settings;

/** What the command line starts. Each call returns when its work is over, and throws what the user should be told. */
public interface ServerCommands {
    /** Runs the server until it is told to stop. */
    void serve(Settings settings, Authenticator authenticator) throws Exception;

    /** Runs the server with a simulated component and a database in memory until it is told to stop. */
    void sandbox(Settings settings) throws Exception;

    /** Brings the schema of the database up to date. */
    void migrate(Settings settings) throws Exception;
}
