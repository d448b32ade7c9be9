package dev.asyncjob.application.worker;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.asyncjob.application.WorkQueue;
import dev.asyncjob.domain.AsyncJob;
import dev.asyncjob.domain.NewJob;
import dev.asyncjob.testkit.Jobs;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.AbstractList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What {@link JobWorker} does after an Error between two steps of its work. */
class WorkerExhaustedTest extends WorkerFixture {
    private static final int CONCURRENCY = 4;
    private static final int JOBS = 8;

    /** How many elements of the queue's results can be read before there is no memory once. */
    private final AtomicInteger left = new AtomicInteger();

    @Test
    void all_threads_of_a_worker_work_again_wherever_memory_ended() throws Exception {
        boolean reached = true;
        for (int place = 0; reached; place++) {
            CyclicBarrier together = new CyclicBarrier(CONCURRENCY);
            List<NewJob> first = scheduleMany(JOBS);
            left.set(place);
            JobWorker worker = new JobWorker(
                    exhausted(),
                    signals,
                    Map.of(Jobs.KIND, job -> {
                        together.await(20, SECONDS);
                        return Jobs.DONE;
                    }),
                    SETTINGS);
            workers.add(worker);
            worker.start();

            for (NewJob job : first) {
                assertThat(endOf(job)).as("place %s", place).isInstanceOf(AsyncJob.Done.class);
            }
            reached = left.getAndSet(Integer.MAX_VALUE) < 0;
            for (NewJob job : scheduleMany(JOBS)) {
                assertThat(endOf(job)).as("place %s", place).isInstanceOf(AsyncJob.Done.class);
            }
            assertThat(together.getNumberWaiting()).isZero();
            worker.close();
        }
    }

    /** The queue, whose lists have no memory for an element once. */
    private WorkQueue exhausted() {
        return (WorkQueue) Proxy.newProxyInstance(
                WorkQueue.class.getClassLoader(), new Class<?>[] {WorkQueue.class}, (proxy, method, arguments) -> {
                    try {
                        Object result = method.invoke(jobs, arguments);
                        return result instanceof List<?> list
                                        && method.getName().equals("settleAll")
                                ? exhausted(list)
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private <T> List<T> exhausted(List<T> list) {
        return new AbstractList<>() {
            @Override
            public T get(int index) {
                if (left.decrementAndGet() == -1) {
                    throw new InternalError("no memory on purpose");
                }
                return list.get(index);
            }

            @Override
            public int size() {
                return list.size();
            }
        };
    }
}
