package dev.asyncjob.identity;

import dev.asyncjob.domain.Owner;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Who may ask. Immutable. */
public final class Clients {
    private final Map<Owner, Client> byName;

    private Clients(Map<Owner, Client> byName) {
        this.byName = byName;
    }

    /** Nobody. */
    static Clients none() {
        return new Clients(Map.of());
    }

    /** Everybody, in the order of the file. */
    public Collection<Client> all() {
        return byName.values();
    }

    /** The client of this name. */
    public Optional<Client> find(Owner name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** These and {@code client}, in the place of one of the same name. */
    public Clients with(Client client) {
        Map<Owner, Client> changed = new LinkedHashMap<>(byName);
        changed.put(client.name(), client);
        return new Clients(changed);
    }

    /** These without the one of this name. */
    public Clients without(Owner name) {
        Map<Owner, Client> changed = new LinkedHashMap<>(byName);
        changed.remove(name);
        return new Clients(changed);
    }
}
