package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Something that is made when it is first wanted, and never if it is not. For one thread. */
final class Lazy<T> implements Closeable {
    private final Callable<T> maker;
    private @Nullable T made;

    Lazy(Callable<T> maker) {
        this.maker = maker;
    }

    T get() throws Exception {
        if (made == null) {
            made = Objects.requireNonNull(maker.call());
        }
        return made;
    }

    /** Closes it if it was made and can be closed. */
    @Override
    public void close() throws IOException {
        if (made instanceof Closeable closeable) {
            closeable.close();
        }
    }
}
