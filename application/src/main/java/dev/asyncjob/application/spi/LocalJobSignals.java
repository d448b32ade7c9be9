package dev.asyncjob.application.spi;

import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Signals within one process: it is itself a listener, and passes each signal on to its subscribers.
 *
 * <p>Prompt subscribers are called at once, in the caller's thread. Each other one is called in another thread, one
 * signal after the other; it loses signals while {@value #MAX_WAITING} wait for it. What a subscriber throws is logged
 * and reaches neither the caller nor other subscribers. Safe for use from any thread.
 */
public final class LocalJobSignals implements JobSignals, JobSignals.Listener {
    /** Signals that wait for a subscriber that is not prompt. */
    public static final int MAX_WAITING = 1_000;

    private static final Logger LOG = System.getLogger(LocalJobSignals.class.getName());

    /** By subscription, since one listener may subscribe twice and close one subscription. */
    private final Set<Subscriber> subscribers = ConcurrentHashMap.newKeySet();

    private final class Subscriber {
        private final Listener listener;
        private final Queue<Consumer<Listener>> waiting = new ArrayDeque<>();
        private boolean isDelivering;

        Subscriber(Listener listener) {
            this.listener = listener;
        }

        void signal(Consumer<Listener> signal) {
            try {
                if (listener instanceof PromptListener) {
                    signal.accept(listener);
                } else if (add(signal)) {
                    Execution.JVM.execute(this::deliver);
                }
            } catch (Throwable e) { // the change is committed, so the caller must not fail
                report(e);
                end();
            }
        }

        /** Returns whether the caller has to start the delivery. */
        private synchronized boolean add(Consumer<Listener> signal) {
            if (waiting.size() < MAX_WAITING) {
                waiting.add(signal);
            }
            boolean begins = !isDelivering;
            isDelivering = true;
            return begins;
        }

        private void deliver() {
            for (Consumer<Listener> next = next(); next != null; next = next()) {
                try {
                    next.accept(listener);
                } catch (Throwable e) {
                    report(e);
                }
            }
        }

        private synchronized @Nullable Consumer<Listener> next() {
            Consumer<Listener> next = subscribers.contains(this) ? waiting.poll() : null;
            isDelivering = next != null;
            return next;
        }

        private synchronized void end() {
            isDelivering = false;
        }
    }

    @Override
    public Subscription subscribe(Listener listener) {
        Subscriber subscriber = new Subscriber(listener);
        subscribers.add(subscriber);
        return () -> subscribers.remove(subscriber);
    }

    @Override
    public void workAvailable(JobKind kind) {
        subscribers.forEach(each -> each.signal(listener -> listener.workAvailable(kind)));
    }

    @Override
    public void jobChanged(JobId id) {
        subscribers.forEach(each -> each.signal(listener -> listener.jobChanged(id)));
    }

    private static void report(Throwable failure) {
        try {
            LOG.log(Level.WARNING, "a listener failed: {0}", failure.getClass().getName());
        } catch (Throwable e) { // the log fails as well: the other listeners are left
            failure.addSuppressed(e);
        }
    }
}
