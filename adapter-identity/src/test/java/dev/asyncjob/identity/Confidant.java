package dev.asyncjob.identity;

import java.security.Permission;

/**
 * Allows everything, and logs each host that the process connects to or looks up. Runs inside the server under test.
 */
@SuppressWarnings("removal") // there is no other way to see a connection that fails
public final class Confidant extends SecurityManager {
    /** The prefix of its lines. */
    public static final String CALLS = "calls ";

    @Override
    public void checkPermission(Permission permission) {}

    @Override
    public void checkPermission(Permission permission, Object context) {}

    @Override
    public void checkConnect(String host, int port) {
        System.err.println(CALLS + host + ":" + port);
    }

    @Override
    public void checkConnect(String host, int port, Object context) {
        checkConnect(host, port);
    }
}
