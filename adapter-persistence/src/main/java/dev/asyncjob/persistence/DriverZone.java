package dev.asyncjob.persistence;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.ZoneId;
import java.util.Date;
import java.util.TimeZone;

/**
 * The JVM's default time zone, which the threads of one connection attempt see as UTC.
 *
 * <p>The PostgreSQL driver sends the name of the JVM's zone with each login, and no parameter changes that; a server
 * that does not know the name refuses the login. An instance is the JVM's default for the time of such a login only;
 * all other threads get a copy of the real zone from {@link TimeZone#getDefault}, or the same rules.
 */
@SuppressWarnings({"serial", "RedundantSuppression"}) // never serialized
final class DriverZone extends TimeZone {
    /** Set in the thread of the attempt, and in the one that the driver starts for it. */
    private static final InheritableThreadLocal<Boolean> CONNECTING = new InheritableThreadLocal<>();

    private final TimeZone real;

    /** An attempt to connect. */
    interface Attempt {
        Connection connect() throws SQLException;
    }

    private DriverZone(TimeZone real) {
        this.real = real;
    }

    /** Connects with UTC as the zone; one thread at a time. */
    static synchronized Connection connectInUtc(Attempt attempt) throws SQLException {
        CONNECTING.set(true);
        TimeZone real = TimeZone.getDefault();
        DriverZone hiding = new DriverZone(real);
        TimeZone.setDefault(hiding);
        try {
            return attempt.connect();
        } finally {
            if (TimeZone.getDefault() == hiding) { // no other code has set a default since
                TimeZone.setDefault(real);
            }
            CONNECTING.remove();
        }
    }

    private static boolean isConnecting() {
        return CONNECTING.get() != null;
    }

    @Override
    @SuppressWarnings({"CloneMethodDoesntCallSuperClone", "MissingSuperCall"})
    public Object clone() {
        return isConnecting() ? this : real.clone();
    }

    @Override
    public String getID() {
        return isConnecting() ? "UTC" : real.getID();
    }

    @Override
    public int getOffset(int era, int year, int month, int day, int dayOfWeek, int milliseconds) {
        return real.getOffset(era, year, month, day, dayOfWeek, milliseconds);
    }

    @Override
    public int getOffset(long date) {
        return real.getOffset(date);
    }

    @Override
    public void setRawOffset(int offsetMillis) {
        throw new UnsupportedOperationException("the default time zone is shared");
    }

    @Override
    public int getRawOffset() {
        return real.getRawOffset();
    }

    @Override
    public int getDSTSavings() {
        return real.getDSTSavings();
    }

    @Override
    public boolean useDaylightTime() {
        return real.useDaylightTime();
    }

    @Override
    public boolean inDaylightTime(Date date) {
        return real.inDaylightTime(date);
    }

    @Override
    public ZoneId toZoneId() {
        return real.toZoneId();
    }
}
