package dev.asyncjob.http.internal.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Selector;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.component.LifeCycle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WatchedConnectorTest {
    private final Server server = new Server();
    private final WatchedConnector connector =
            new WatchedConnector(server, new ArrayByteBufferPool(), new HttpConnectionFactory());

    private boolean ended;

    @BeforeEach
    void start() throws Exception {
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.start();
    }

    /** Jetty may wait without a limit for a selector that has ended, so the server of one is not stopped but left. */
    @AfterEach
    void stop() throws Exception {
        if (ended) {
            connector.close();
            LifeCycle.stop(server.getThreadPool());
        } else {
            server.stop();
        }
    }

    @Test
    void a_selector_that_lives_answers_each_question() throws Exception {
        for (int i = 0; i < 100; i++) {
            assertThat(connector.unanswered()).isZero();
            doInSelector(selector -> {});
        }
    }

    @Test
    void questions_to_a_selector_that_has_ended_are_counted() throws Exception {
        doInSelector(Selector::close);
        ended = true;

        assertThat(IntStream.range(0, 50).map(i -> connector.unanswered()))
                .containsExactlyElementsOf(IntStream.range(0, 50).boxed().toList());
    }

    @Test
    void a_connector_that_was_stopped_owes_no_answer() throws Exception {
        server.stop();

        for (int i = 0; i < 3; i++) {
            assertThat(connector.unanswered()).isZero();
        }
    }

    private interface Step {
        void run(Selector selector) throws IOException;
    }

    private void doInSelector(Step step) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        connector.getSelectorManager().getBean(ManagedSelector.class).submit(selector -> {
            try {
                step.run(selector);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            done.countDown();
        });
        assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    }
}
