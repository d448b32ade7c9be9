package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.AbstractObjectAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Example values for tests. */
final class Examples {
    static final Instant NOW = Instant.parse("2022-10-24T12:35:49.956Z");
    static final JobId ID = JobId.parse("89678f60-4cdc-4fe3-ae83-e8b3ebd35c59");
    static final Owner OWNER = new Owner("clinic-7");
    static final JobKind KIND = new JobKind("composition.create");
    static final ResourceLinks LINKS = ResourceLinks.of(ResourceLink.to("eHealth/composition"));
    static final ResourceLinks RESULT =
            ResourceLinks.of(new ResourceLink("eHealth/composition", "composition/0daaad78"));
    static final Failure FAILURE = new Failure("1002: it exists already");
    static final Duration RETENTION = Duration.ofDays(30);
    static final AsyncJob.Pending PENDING =
            new AsyncJob.Pending(ID, OWNER, KIND, LINKS, NOW, Eta.after(NOW, Duration.ofSeconds(8)));

    private Examples() {}

    static AbstractObjectAssert<?, InvalidValueException> assertRefused(ThrowingCallable creation) {
        return assertThatExceptionOfType(InvalidValueException.class)
                .isThrownBy(creation)
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.type(InvalidValueException.class));
    }
}
