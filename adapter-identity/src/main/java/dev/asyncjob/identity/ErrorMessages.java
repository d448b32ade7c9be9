package dev.asyncjob.identity;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** Says what went wrong in one line for people; the JDK's own messages are often a bare path. */
public final class ErrorMessages {
    private ErrorMessages() {}

    /** One line, without class names unless there is nothing else to say. */
    public static String of(Throwable thrown) {
        String text = thrown instanceof FileSystemException e ? ofFile(e) : thrown.getMessage();
        return text == null || text.isBlank()
                ? thrown.getClass().getSimpleName()
                : text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private static @Nullable String ofFile(FileSystemException e) {
        if (e instanceof NoSuchFileException) {
            return e.getFile() + ": no such file or folder";
        }
        if (e instanceof AccessDeniedException) {
            return e.getFile() + ": permission denied";
        }
        return e.getMessage();
    }
}
