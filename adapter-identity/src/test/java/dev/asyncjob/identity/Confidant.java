package dev.asyncjob.identity;

import java.security.Permission;

/** Allows everything, and tells the log whom the process calls or looks up. Runs inside the server under test. */
@SuppressWarnings("removal") // there is no other way to see a call that finds nobody
public final class Confidant extends SecurityManager {
    /** What its lines begin with. */
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
