package dev.asyncjob.ui;

import static dev.asyncjob.ui.PageUnderTest.ADMIN;
import static dev.asyncjob.ui.PageUnderTest.USER;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** The link that begins one session without the form. */
class OnceTest {
    private static final String ONCE = "/ui/login?once=secret";
    private static final String ENDED = "This link was used, or is more than an hour old.";

    @AutoClose
    private final PageUnderTest page = new PageUnderTest();

    private final List<String> left = new ArrayList<>(List.of("secret"));

    private void link(String token) {
        page.link = secret -> left.remove(secret)
                ? Optional.of(new Login.Credentials(token, PageUnderTest.API_KEY))
                : Optional.empty();
    }

    @Test
    void it_begins_a_session_and_leads_to_the_page_without_its_secret() {
        link(ADMIN);
        HttpResponse<String> opened = page.send(page.request(ONCE));
        assertThat(opened.statusCode()).isEqualTo(303);
        assertThat(opened.headers().firstValue("Location")).hasValue("/ui");
        assertThat(opened.headers().allValues("Set-Cookie"))
                .anyMatch(cookie -> cookie.startsWith(Visits.SESSION + "=")
                        && cookie.contains("Secure")
                        && cookie.contains("SameSite=Strict"));
        String session = PageUnderTest.cookie(opened, Visits.SESSION).orElseThrow();
        assertThat(page.get("/ui/audit", session).statusCode()).isEqualTo(200);
        assertThat(page.log).containsExactly("in ops");
    }

    @Test
    void it_works_once_and_says_so_then_above_the_form() {
        link(ADMIN);
        var unused = page.send(page.request(ONCE));
        HttpResponse<String> again = page.send(page.request(ONCE));
        assertThat(again.statusCode()).isEqualTo(410);
        assertThat(again.body()).contains(ENDED, "name=\"api-key\"").doesNotContain("secret");
        assertThat(PageUnderTest.cookie(again, Visits.SESSION)).isEmpty();
        PageUnderTest.Form form = new PageUnderTest.Form(
                PageUnderTest.cookie(again, Visits.FORM).orElseThrow(), PageUnderTest.formToken(again.body()));
        assertThat(form.token()).isNotEmpty();
        assertThat(page.send(page.request(ONCE + "&lang=uk")).body()).contains("Це посилання вже використали");
        assertThat(page.log).containsExactly("in ops");
    }

    @Test
    void neither_a_look_at_its_head_nor_another_secret_ends_it() {
        link(ADMIN);
        page.send(page.request(ONCE).method("HEAD", HttpRequest.BodyPublishers.noBody()));
        assertThat(page.send(page.request("/ui/login?once=other")).body()).contains(ENDED);
        assertThat(page.send(page.request(ONCE)).statusCode()).isEqualTo(303);
    }

    @Test
    void without_such_a_link_it_means_nothing() {
        HttpResponse<String> form = page.send(page.request(ONCE));
        assertThat(form.statusCode()).isEqualTo(200);
        assertThat(form.body()).contains("name=\"api-key\"").doesNotContain(ENDED);
        assertThat(page.log).isEmpty();
    }

    @Test
    void credentials_that_are_refused_begin_no_session() {
        link("refuse-503");
        HttpResponse<String> refused = page.send(page.request(ONCE));
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("The credentials cannot be checked now.");
        assertThat(PageUnderTest.cookie(refused, Visits.SESSION)).isEmpty();
    }

    @Test
    void a_user_whom_a_proxy_names_needs_none_and_leaves_it() {
        link(ADMIN);
        assertThat(page.send(page.request(ONCE).header(USER, "alice")).headers().firstValue("Location"))
                .hasValue("/ui");
        assertThat(left).isNotEmpty();
    }
}
