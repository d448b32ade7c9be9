package dev.asyncjob.identity.internal.file;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** Error messages for people; the JDK's own messages about files are often a bare path. */
public final class ErrorMessages {
    private ErrorMessages() {}

    /** The message in one line; the name of the class if there is no message. */
    public static String of(Throwable thrown) {
        String text = thrown.getMessage();
        return text == null || text.isBlank()
                ? thrown.getClass().getSimpleName()
                : text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** An exception of the same type whose message says what is wrong with the file. */
    public static IOException withReason(IOException thrown) {
        if (thrown instanceof NoSuchFileException e && e.getReason() == null) {
            return new NoSuchFileException(e.getFile(), null, "no such file or folder");
        }
        if (thrown instanceof AccessDeniedException e && e.getReason() == null) {
            return new AccessDeniedException(e.getFile(), null, "permission denied");
        }
        return thrown;
    }
}
