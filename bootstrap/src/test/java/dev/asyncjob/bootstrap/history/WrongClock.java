package dev.asyncjob.bootstrap.history;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Objects;

/** The wall clock of a process, set by a library that is preloaded into it; a C compiler builds the library. */
final class WrongClock {
    private static final String SHIFT = "clock-shift";

    private WrongClock() {}

    /**
     * Returns the environment of a process whose clock can be set; empty, with a printed reason, without a compiler.
     */
    static Map<String, String> environment(Path folder) {
        Path library = folder.resolve("wrongclock.so");
        try (InputStream source = Objects.requireNonNull(WrongClock.class.getResourceAsStream("wrongclock.c"))) {
            Path code = folder.resolve("wrongclock.c");
            Files.write(code, source.readAllBytes());
            Process compiler = new ProcessBuilder(
                            "gcc", "-shared", "-fPIC", "-O2", "-o", library.toString(), code.toString())
                    .inheritIO()
                    .start();
            if (compiler.waitFor() != 0) {
                throw new IOException("gcc failed");
            }
        } catch (IOException e) {
            System.out.println("no clock is set wrong: " + e.getMessage());
            return Map.of();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        set(folder, 0);
        return Map.of(
                "LD_PRELOAD",
                library.toString(),
                "WRONG_CLOCK",
                folder.resolve(SHIFT).toString());
    }

    /** Returns whether {@link #environment} could make one. */
    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(SHIFT));
    }

    /** Moves the clock of the processes with the environment of a folder, from one moment to the next. */
    static void set(Path folder, double seconds) {
        ByteBuffer value =
                ByteBuffer.allocate(Double.BYTES).order(ByteOrder.nativeOrder()).putDouble(0, seconds);
        try (FileChannel file =
                FileChannel.open(folder.resolve(SHIFT), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            file.write(value);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
