/**
 * Tests and fakes for embedders and for implementations of a store.
 *
 * <ul>
 *   <li>To test code that schedules or handles jobs: {@link dev.asyncjob.testkit.TestJobs} runs due jobs in the thread
 *       of the test, on a {@link dev.asyncjob.testkit.SettableClock}.
 *   <li>To test a store of your own: let a test class implement {@link dev.asyncjob.testkit.JobStoreContract} (and
 *       {@link dev.asyncjob.testkit.JobSignalsContract} for its signals). JUnit then runs every rule.
 *   <li>To see the shortest store that keeps the contract: {@link dev.asyncjob.testkit.InMemoryJobStore}.
 *   <li>To make a store fail in a test: extend {@link dev.asyncjob.testkit.ForwardingJobStore}.
 *   <li>To see what code logs: {@link dev.asyncjob.testkit.RecordedLog}.
 *   <li>Example values: {@link dev.asyncjob.testkit.Jobs}.
 * </ul>
 */
@NullMarked
package dev.asyncjob.testkit;

import org.jspecify.annotations.NullMarked;
