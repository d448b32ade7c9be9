package dev.asyncjob.http.settings;

import dev.asyncjob.application.access.Scope;
import dev.asyncjob.domain.InvalidValueException;
import java.util.List;
import java.util.regex.Pattern;
import org.eclipse.jetty.util.InetAddressSet;

/**
 * A proxy that has logged in the person who sends a request, and names this user in a header. A client that can connect
 * from its addresses can name any user. Immutable.
 *
 * @param header the name of the header, of letters, digits and {@code -}, 1 to 64 characters
 * @param from its addresses, such as {@code 10.0.0.7} or {@code 10.0.0.0/8}, one or more; the header of others is
 *     ignored
 * @param scope what its users may do
 */
public record TrustedProxy(String header, List<String> from, Scope scope) {
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9-]{0,63}");

    /** @throws InvalidValueException if a value breaks its rule */
    public TrustedProxy {
        from = List.copyOf(from);
        if (from.isEmpty()) {
            throw new InvalidValueException("format", "must name the addresses of the proxy", List.of());
        }
        header(header);
        HttpLimits.addresses(from);
    }

    /**
     * Returns the name of a header.
     *
     * @throws InvalidValueException if it is none
     */
    public static String header(String text) {
        if (!NAME.matcher(text).matches()) {
            throw new InvalidValueException("format", "must be the name of a header, such as X-User", List.of());
        }
        return text;
    }

    /** Its addresses as a set. */
    public InetAddressSet addresses() {
        return HttpLimits.addresses(from);
    }
}
