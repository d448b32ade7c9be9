package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FailureTest {
    @Test
    void a_code_of_four_digits_stands_in_front_of_the_message_once() {
        Failure failure = new Failure("it exists already", "1002");

        assertThat(failure.message()).isEqualTo("1002: it exists already");
        assertThat(new Failure(failure.message(), "1002")).isEqualTo(failure);
        assertThat(new Failure("1003: too old", "1002").message()).isEqualTo("1002: 1003: too old");
        assertThat(new Failure("1002", "1002").message()).isEqualTo("1002: 1002");
    }

    @Test
    void a_code_is_taken_from_the_front_of_the_message_if_none_is_given() {
        assertThat(new Failure("1002: it exists already")).isEqualTo(new Failure("it exists already", "1002"));
        assertThat(Failure.coded(7, "no").code()).isEqualTo("0007");
        assertThat(new Failure("9090: no").code()).isEqualTo("9090");
        assertThat(Stream.of("no", "1002", "1002:no", "100: no", "10023: no", "a002: no", "100/: no", "100٣: no"))
                .allSatisfy(message -> assertThat(new Failure(message).code()).isNull());
    }

    @Test
    void any_other_code_leaves_the_message_as_it_is() {
        assertThat(Stream.of("E-12", "1", "10023", "a.B_9-", "-", "100a", "x".repeat(64)))
                .allSatisfy(code -> {
                    Failure failure = new Failure("1002: no", code);
                    assertThat(failure.message()).isEqualTo("1002: no");
                    assertThat(failure.code()).isEqualTo(code);
                });
    }

    @Test
    void a_code_is_1_to_64_of_letters_digits_and_three_marks() {
        assertThat(Failure.checkedCode("E-12")).isEqualTo("E-12");
        assertThat(Stream.of("", "x".repeat(65), "a b", "é", "a/b", "a\n"))
                .allSatisfy(code -> assertRefused(() -> new Failure("no", code)));
    }

    @Test
    void the_message_has_its_bounds_with_the_code_in_front() {
        String longest = "x".repeat(Failure.MAX_LENGTH - 6);

        assertThat(new Failure(longest, "1002").message()).hasSize(Failure.MAX_LENGTH);
        assertRefused(() -> new Failure(longest + "x", "1002"));
        assertRefused(() -> new Failure("", "1002"));
        assertThat(new Failure("x".repeat(Failure.MAX_LENGTH), "E1").message()).hasSize(Failure.MAX_LENGTH);
    }
}
