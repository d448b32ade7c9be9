package dev.asyncjob.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SecretsTest {
    @Test
    void a_secret_shows_its_kind_and_carries_43_random_digits_and_a_checksum() {
        assertThat(Secrets.newApiKey()).matches("ajk_[0-9A-Za-z]{49}");
        assertThat(Secrets.newToken()).matches("ajt_[0-9A-Za-z]{49}");
    }

    @Test
    void the_checksum_is_the_crc_32_of_all_before_it_in_base_62() {
        assertThat(Secrets.checksum("123456789")).isEqualTo("3jZRME"); // CRC-32's check value, 0xCBF43926
        String key = Secrets.newApiKey();
        int end = key.length() - 6;
        assertThat(key.substring(end)).isEqualTo(Secrets.checksum(key.substring(0, end)));
    }

    @Test
    void no_two_secrets_are_equal() {
        Stream<Supplier<String>> kinds = Stream.of(Secrets::newApiKey, Secrets::newToken);
        List<String> made =
                kinds.flatMap(kind -> Stream.generate(kind).limit(1000)).toList();
        assertThat(made).doesNotHaveDuplicates();
    }

    @Test
    void a_hash_is_the_sha_256_in_hexadecimal() {
        assertThat(SecretHash.of("abc").hex())
                .isEqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assertThat(SecretHash.parse(SecretHash.of("abc").hex()).matches(SecretHash.of("abc")))
                .isTrue();
    }
}
