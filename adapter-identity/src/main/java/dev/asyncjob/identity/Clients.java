package dev.asyncjob.identity;

import dev.asyncjob.domain.Owner;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The clients of a clients file. Immutable. */
final class Clients {
    private final Map<Owner, Client> byName;

    private Clients(Map<Owner, Client> byName) {
        this.byName = byName;
    }

    /** No clients. */
    static Clients none() {
        return new Clients(Map.of());
    }

    /** All clients, in the order of the file. */
    Collection<Client> all() {
        return byName.values();
    }

    /** The client of this name. */
    Optional<Client> find(Owner name) {
        return Optional.ofNullable(byName.get(name));
    }

    /** These clients and {@code client}, which replaces one of the same name. */
    Clients with(Client client) {
        Map<Owner, Client> changed = new LinkedHashMap<>(byName);
        changed.put(client.name(), client);
        return new Clients(changed);
    }

    /** These clients without the one of this name. */
    Clients without(Owner name) {
        Map<Owner, Client> changed = new LinkedHashMap<>(byName);
        changed.remove(name);
        return new Clients(changed);
    }
}
