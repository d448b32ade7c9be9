package dev.asyncjob.benchmark;

import java.io.Closeable;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A value that is created at its first use. Not safe for use from several threads. */
final class Lazy<T> implements Closeable {
    private final Callable<T> factory;
    private @Nullable T value;

    Lazy(Callable<T> factory) {
        this.factory = factory;
    }

    T get() throws Exception {
        if (value == null) {
            value = Objects.requireNonNull(factory.call());
        }
        return value;
    }

    /** Closes the value if it was created and is {@link Closeable}. */
    @Override
    public void close() throws IOException {
        if (value instanceof Closeable closeable) {
            closeable.close();
        }
    }
}
