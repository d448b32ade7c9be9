package dev.asyncjob.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;

class FingerprintTest {
    @Test
    void it_is_stable_across_versions_because_stores_keep_it() {
        // sha256 of 00000003 616263 (length, "abc")
        assertThat(new Fingerprint().add("abc").text())
                .isEqualTo("d04b72a650ce0f8ce4963330a53ee2832733d2baeffff3c1d8e256cca096d120");
    }

    @Test
    void the_boundary_between_parts_matters() {
        assertThat(new Fingerprint().add("ab").add("c").text())
                .isNotEqualTo(new Fingerprint().add("a").add("bc").text());
    }

    @Test
    void null_differs_from_an_empty_text() {
        assertThat(new Fingerprint().add((Object) null).text())
                .isNotEqualTo(new Fingerprint().add("").text())
                .isNotEqualTo(new Fingerprint().add("null").text())
                .isNotEqualTo(new Fingerprint().text());
    }

    @Test
    void links_differ_by_entity_by_href_and_by_number() {
        ResourceLink a = ResourceLink.to("a");
        ResourceLink b = new ResourceLink("a", "b");

        assertThat(new String[] {
                    of(ResourceLinks.of(a)),
                    of(ResourceLinks.of(b)),
                    of(ResourceLinks.of(a, b)),
                    of(ResourceLinks.of(b, a)),
                    of(ResourceLinks.of(ResourceLink.to("b")))
                })
                .doesNotHaveDuplicates();
        assertThat(of(ResourceLinks.of(a)))
                .isNotEqualTo(new Fingerprint().add("a").add((Object) null).text());
    }

    @Test
    void a_missing_algorithm_is_an_assertion_error() {
        assertThatExceptionOfType(AssertionError.class)
                .isThrownBy(() -> Fingerprint.digest("SHA-0"))
                .withMessage("every Java platform has SHA-0");
    }

    private static String of(ResourceLinks links) {
        return new Fingerprint().add(links).text();
    }
}
