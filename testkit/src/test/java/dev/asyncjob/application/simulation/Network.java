package dev.asyncjob.application.simulation;

import dev.asyncjob.application.simulation.FaultyStore.NodeFaults;
import dev.asyncjob.domain.ClaimedJob;
import dev.asyncjob.domain.JobPage;
import dev.asyncjob.domain.JobSnapshot;
import dev.asyncjob.domain.ScheduleResult;
import dev.asyncjob.domain.SettleResult;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The nodes as clients reach them: a request is answered once, in time, or its connection breaks with its node. */
final class Network {
    /** Within this time after its own wait and after the last fault, a request is answered. */
    private static final Duration SOON = Duration.ofMillis(3200);

    private final World world;
    private final List<Place> places = new ArrayList<>();
    private final Set<Request<?>> open = new LinkedHashSet<>();

    /** A node and its lives. */
    final class Place {
        final NodeFaults faults;
        private final String name;
        private final boolean works;
        private final long seed;
        private int lives;
        private @Nullable Node node;

        Place(String name, boolean works, long seed) {
            this.name = name;
            this.works = works;
            this.seed = seed;
            this.faults = new NodeFaults(world.time, seed);
        }

        void start() {
            if (node == null) {
                lives++;
                node = new Node(world, name, works, faults, seed + lives);
            }
        }

        @Nullable
        Node node() {
            return node;
        }

        void kill() {
            if (node != null) {
                end(node);
                node = null;
            }
        }

        /** Closes the node; the requests that it has are answered meanwhile. */
        void close(Runnable closed) {
            Node closing = node;
            if (closing == null) {
                closed.run();
                return;
            }
            node = null;
            world.time.post(closing.process, Duration.ZERO, () -> {
                closing.close();
                world.time.post(world.outside, Duration.ofMillis(1100), () -> {
                    boolean calm = faults.trouble() + Duration.ofSeconds(8).toNanos() < world.time.now();
                    if (calm && !openAt(closing).isEmpty()) {
                        world.breaks("who waits is answered when the node closes", openAt(closing));
                    }
                    end(closing, closed);
                });
            });
            world.time.post(world.outside, Duration.ofSeconds(20), () -> end(closing, closed));
        }

        private void end(Node closing, Runnable closed) {
            if (!closing.process.dead) {
                end(closing);
                closed.run();
            }
        }

        private void end(Node ending) {
            ending.kill();
            openAt(ending).forEach(request -> request.end(null, new IOException("connection lost")));
        }
    }

    private final class Request<T> {
        private final Place place;
        private final @Nullable Node node;
        private final String what;
        private final BiConsumer<@Nullable T, @Nullable Throwable> answer;
        private long due;
        private boolean ended;

        Request(Place place, String what, BiConsumer<@Nullable T, @Nullable Throwable> answer) {
            this.place = place;
            this.node = place.node;
            this.what = what;
            this.answer = answer;
        }

        void end(@Nullable T result, @Nullable Throwable failure) {
            if (!ended) {
                ended = true;
                open.remove(this);
                world.trace(() -> "%s: %s".formatted(what, failure == null ? "ok " + brief(result) : failure));
                world.time.post(world.outside, Duration.ZERO, () -> answer.accept(result, failure));
            }
        }

        /** The node takes the request now, which may wait as long from now on. */
        void taken(Duration wait) {
            due = world.time.now() + wait.plus(SOON).toNanos();
        }

        void checkAt(long at) {
            world.time.post(world.outside, Duration.ofNanos(at - world.time.now()), () -> {
                long later = Math.max(due, place.faults.trouble() + SOON.toNanos());
                if (!ended && later > world.time.now()) {
                    checkAt(later);
                } else if (!ended) {
                    world.breaks("a request is answered in time", what);
                }
            });
        }

        @Override
        public String toString() {
            return what;
        }
    }

    private List<Request<?>> openAt(Node node) {
        return open.stream().filter(request -> request.node == node).toList();
    }

    /** An answer as the history tells it. */
    private static String brief(@Nullable Object answer) {
        if (answer instanceof Optional<?> one) {
            return one.map(Network::brief).orElse("nothing");
        } else if (answer instanceof List<?> many) {
            return many.stream().map(Network::brief).toList().toString();
        } else if (answer instanceof JobSnapshot one) {
            return one.job().status() + " " + Node.shortId(one.job().id());
        } else if (answer instanceof ClaimedJob one) {
            return Node.shortId(one.job().id()) + ", token "
                    + one.lease().token().value();
        } else if (answer instanceof SettleResult one) {
            return one.fold(job -> "accepted " + brief(job), job -> "refused " + brief(job), () -> "unknown");
        } else if (answer instanceof ScheduleResult.Accepted one) {
            return brief(one.job());
        }
        return answer instanceof JobPage page ? page.jobs().size() + " jobs" : String.valueOf(answer);
    }

    Network(World world, Plan plan) {
        this.world = world;
        for (int i = 0; i < plan.nodes(); i++) {
            places.add(new Place("node " + i, i != 1, plan.seed() * 31 + i * 1000L));
        }
    }

    List<Place> places() {
        return places;
    }

    Place place(int number) {
        return places.get(Math.floorMod(number, places.size()));
    }

    boolean isQuiet() {
        return open.isEmpty();
    }

    List<String> leftOver() {
        return places.stream()
                .flatMap(place ->
                        place.node == null ? List.of(place.name + " is down").stream() : place.node.leftOver().stream())
                .toList();
    }

    /** Sends a request that blocks a thread of the node. */
    <T> void call(
            int number, String what, Function<Node, T> task, BiConsumer<@Nullable T, @Nullable Throwable> answer) {
        send(number, what, Duration.ZERO, node -> CompletableFuture.completedFuture(task.apply(node)), answer);
    }

    /** Sends a request that waits without a thread. */
    <T> void send(
            int number,
            String what,
            Duration wait,
            Function<Node, CompletionStage<T>> task,
            BiConsumer<@Nullable T, @Nullable Throwable> answer) {
        Place place = place(number);
        Node node = place.node;
        world.trace(() -> what + " to " + place.name);
        Request<T> request = new Request<>(place, what, answer);
        if (node == null) {
            request.end(null, new IOException("connection refused"));
            return;
        }
        open.add(request);
        long begins = Math.max(world.time.now(), node.process.frozenUntil); // a node that is frozen takes it later
        request.checkAt(begins + wait.plus(SOON).toNanos());
        node.execution.execute(() -> {
            request.taken(wait);
            try {
                var unused = task.apply(node).whenComplete((result, failure) -> {
                    if (!node.process.dead) {
                        request.end(result, failure);
                    }
                });
            } catch (VirtualTime.Unwound e) {
                throw e;
            } catch (Throwable e) {
                request.end(null, e);
            }
        });
    }
}
