package dev.asyncjob.identity;

import dev.asyncjob.domain.Owner;
import dev.asyncjob.identity.internal.file.GuardedFile;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;

/** A process of its own that adds clients to a file, one by one: arguments are the file, a name and how many. */
final class ClientsFileWriter {
    private ClientsFileWriter() {}

    public static void main(String[] arguments) throws Exception {
        GuardedFile<Client> file = new GuardedFile<>(FileFormat.CLIENTS, Path.of(arguments[0]));
        int count = Integer.parseInt(arguments[2]);
        for (int i = 0; i < count; i++) {
            Owner name = new Owner(arguments[1] + "-" + i);
            file.edit(clients -> clients.put(name, new Client(new TreeSet<>(), List.of(), List.of())) == null);
        }
    }
}
