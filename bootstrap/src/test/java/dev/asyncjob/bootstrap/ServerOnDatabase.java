package dev.asyncjob.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Tests of the built server on one database, in a folder of each test, with clients of a file. */
abstract class ServerOnDatabase {
    @TempDir
    Path folder;

    /** The settings of the server and of the commands; a test may add some. */
    final Map<String, String> environment = new HashMap<>();

    /** The URL of a new database. */
    abstract String databaseUrl();

    @BeforeEach
    void configure() {
        environment.put("ASYNCJOB_DB_URL", databaseUrl());
        environment.put(
                "ASYNCJOB_AUTH_CLIENTS_FILE", folder.resolve("clients.json").toString());
    }

    ServerProcess.Credentials addClient(String name, String scopes) {
        return ServerProcess.addClient(folder, environment, name, scopes);
    }

    ServerProcess serve() {
        return ServerProcess.start(folder, "serve", environment);
    }

    /** Returns the first group of the first match. */
    static String found(String pattern, String text) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertThat(matcher.find()).as(text).isTrue();
        return matcher.group(1);
    }

    /** Returns the first id of a job in an answer. */
    static String idIn(String answer) {
        return found("\"id\":\"([0-9a-f-]{36})\"", answer);
    }
}
