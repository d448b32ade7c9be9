package dev.asyncjob.http.internal.access;

import java.util.HashMap;
import java.util.Map;

/**
 * A number for each key, zero at first. Subtracting needs no memory, and what cannot be added is not counted. Safe for
 * use from any thread.
 *
 * @param <K> such as a client or an address
 */
public final class Counts<K> {
    /** The numbers that are not zero. Guarded by this. */
    private final Map<K, int[]> all = new HashMap<>();

    /** Adds to the number of a key, and returns the sum; 0 if that would be more than {@code limit}. */
    public synchronized int add(K key, int added, int limit) {
        int[] count = all.get(key);
        int sum = added + (count == null ? 0 : count[0]);
        if (sum > limit) {
            return 0;
        }
        if (count == null) {
            begin(key, added);
        } else {
            count[0] = sum;
        }
        return sum;
    }

    private void begin(K key, int added) {
        try {
            all.put(key, new int[] {added});
        } catch (Throwable e) { // of memory, perhaps when it was put
            all.remove(key);
            throw e;
        }
    }

    /** Subtracts from the number of a key, which is as large at least. */
    public synchronized void subtract(K key, int subtracted) {
        int[] count = all.get(key);
        if (count != null) {
            count[0] -= subtracted;
            if (count[0] <= 0) {
                all.remove(key);
            }
        }
    }

    /** Returns the number of a key. */
    public synchronized int of(K key) {
        int[] count = all.get(key);
        return count == null ? 0 : count[0];
    }
}
