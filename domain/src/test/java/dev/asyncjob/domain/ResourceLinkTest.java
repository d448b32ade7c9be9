package dev.asyncjob.domain;

import static dev.asyncjob.domain.Examples.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceLinkTest {
    @ParameterizedTest
    @ValueSource(strings = {"eHealth/composition", "a", "0", "Z.b_c/d-e"})
    void an_entity_is_a_word_with_slashes(String entity) {
        assertThat(ResourceLink.to(entity)).isEqualTo(new ResourceLink(entity, null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/a", ".a", "-a", "a b", "a:b", "ä", "a\n", "<a>", "a\u0000"})
    void an_entity_with_other_characters_is_refused(String entity) {
        assertRefused(() -> ResourceLink.to(entity)).satisfies(e -> {
            assertThat(e).hasMessageStartingWith("entity must be").hasMessageNotContaining(entity);
            assertThat(e.rule()).isEqualTo("format");
        });
    }

    @Test
    void an_entity_has_a_maximum_length() {
        assertThat(ResourceLink.to("e".repeat(128)).entity()).hasSize(128);
        assertRefused(() -> ResourceLink.to("e".repeat(129)));
        assertRefused(() -> ResourceLink.to(""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "composition/0daaad78-6cfb-11ea-9cd6-afab698838bc",
                "a",
                "/",
                "/a//b",
                "?a=b:c",
                "#a:b",
                "../a/b:c",
                "a?b=c:d",
                "http://example.org",
                "https://example.org:8443/a/b?c=d#e",
                "https://1.2.3.4",
                "%D0%90[!$&'()*+,;=~@]",
                "a%25%7Eb%20c",
                "https://a/b@c?d@e#f@g"
            })
    void an_href_is_a_relative_reference_or_a_web_address(String href) {
        assertThat(new ResourceLink("a", href).href()).isEqualTo(href);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "//evil.example",
                "javascript:alert(1)",
                "JavaScript:alert(1)",
                "data:text/html,x",
                "mailto:a@b",
                "ftp://a",
                "http:a",
                "http:///a",
                "https://",
                "HTTP://a",
                "a:b",
                ":a",
                "a b",
                "a\\b",
                "\\\\evil",
                "<a>",
                "%",
                "a%4",
                "a%zz",
                "a%0d%0aX",
                "a%00",
                "a%1Fb",
                "a%7f",
                "https://good.example@evil.example",
                "https://user:word@a/b",
                "a\n",
                "\na",
                "ж",
                "\"",
                "a\u0000"
            })
    void any_other_href_is_refused(String href) {
        assertRefused(() -> new ResourceLink("a", href)).satisfies(e -> {
            assertThat(e).hasMessageStartingWith("href must be").hasMessageNotContaining(href);
            assertThat(e.rule()).isEqualTo("format");
        });
    }

    @Test
    void the_message_for_an_href_with_other_characters_lists_the_allowed_ones() {
        assertRefused(() -> new ResourceLink("a", "ж"))
                .satisfies(e -> assertThat(e).hasMessage("href must be of the characters that RFC 3986 allows"));
        assertRefused(() -> new ResourceLink("a", "a:b"))
                .satisfies(e -> assertThat(e).hasMessage("href must be a relative reference or an http(s) URL"));
    }

    @Test
    void an_href_has_a_maximum_length() {
        assertThat(new ResourceLink("a", "h".repeat(2048)).href()).hasSize(2048);
        assertThat(new ResourceLink("a", "%20h".repeat(512)).href()).hasSize(2048);
        assertRefused(() -> new ResourceLink("a", "h".repeat(2049)))
                .satisfies(e -> assertThat(e).hasMessage("href must have 1 to 2048 characters"));
        assertRefused(() -> new ResourceLink("a", ""));
    }

    @Test
    void a_job_has_one_to_twenty_links() {
        ResourceLink link = ResourceLink.to("a");

        assertThat(ResourceLinks.of(link).all()).containsExactly(link);
        assertThat(new ResourceLinks(Collections.nCopies(20, link)).all()).hasSize(20);
        assertRefused(ResourceLinks::of);
        assertRefused(() -> new ResourceLinks(Collections.nCopies(21, link)))
                .satisfies(e -> assertThat(e).hasMessage("number of links must be 1 to 20"));
    }

    @Test
    void links_are_independent_of_the_given_list() {
        List<ResourceLink> list = new ArrayList<>(List.of(ResourceLink.to("a")));
        ResourceLinks links = new ResourceLinks(list);
        list.clear();

        assertThat(links.all()).hasSize(1);
    }
}
