package dev.asyncjob.client;

/** A callback is not one that the server has signed just now. The message contains no secret and none of the body. */
public final class CallbackException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CallbackException(String message) {
        super(message);
    }
}
