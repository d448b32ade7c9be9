package dev.asyncjob.bootstrap.history;

import com.sun.tools.attach.VirtualMachine;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/**
 * Occupies the heap of another JVM for a while, so that some of its allocations fail with an OutOfMemoryError.
 *
 * <p>It is an agent that the other JVM loads, and one class, so that its jar needs no other.
 */
public final class HeapFiller extends Thread {
    private static final int BLOCK = 64 * 1024;

    /** How many blocks are left free: a mebibyte. */
    private static final int FREE = 16;

    private final long end;

    private HeapFiller(long end) {
        super("heap filler");
        this.end = end;
        setDaemon(true);
    }

    /** Occupies the heap of a process for a time; returns when the process has begun. */
    static void occupy(long pid, int seconds, Path folder) throws Exception {
        Path jar = Files.createTempFile(folder, "heap", ".jar");
        write(jar);
        VirtualMachine machine = VirtualMachine.attach(Long.toString(pid));
        try {
            machine.loadAgent(jar.toString(), Integer.toString(seconds));
        } finally {
            machine.detach();
        }
    }

    private static void write(Path jar) throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().putValue("Agent-Class", HeapFiller.class.getName());
        String name = HeapFiller.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream in = HeapFiller.class.getResourceAsStream("/" + name)) {
            out.putNextEntry(new JarEntry(name));
            in.transferTo(out);
            out.closeEntry();
        }
    }

    /** Is called by the other JVM, with the seconds. */
    public static void agentmain(String seconds) {
        new HeapFiller(System.nanoTime() + TimeUnit.SECONDS.toNanos(Integer.parseInt(seconds))).start();
    }

    @Override
    public void run() {
        Deque<byte[]> occupied = new ArrayDeque<>(1 << 16);
        while (System.nanoTime() < end) {
            try {
                occupied.add(new byte[BLOCK]);
            } catch (OutOfMemoryError e) {
                for (int i = 0; i < FREE; i++) {
                    occupied.poll();
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
            }
        }
        occupied.clear();
    }
}
