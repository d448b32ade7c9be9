package dev.asyncjob.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.asyncjob.domain.AuditEntry;
import dev.asyncjob.domain.Failure;
import dev.asyncjob.domain.JobId;
import dev.asyncjob.domain.JobKind;
import dev.asyncjob.domain.Outcome;
import dev.asyncjob.testkit.Jobs;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.ImageIO;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page in Chromium. */
@Tag("soak")
class BrowserTest {
    /** The folder that gets a picture of each view, where a system property names it. */
    private static final @Nullable String PICTURES = System.getProperty("page.pictures");

    private static @Nullable Browser shared;

    private final PageUnderTest page = new PageUnderTest(PageSettings.defaults().withActions(true), true);
    private final PageJobs jobs = new PageJobs(page);

    @BeforeAll
    static void open() {
        Optional<String> missing = Browser.missing();
        missing.ifPresent(System.out::println);
        assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
        shared = new Browser();
    }

    @AfterAll
    static void quit() {
        if (shared != null) {
            shared.close();
        }
    }

    private static Browser browser() {
        return Objects.requireNonNull(shared);
    }

    @BeforeEach
    void logIn() {
        logIn(browser());
    }

    /** Opens a view, for which the jobs are counted again. */
    private void open(String path) {
        page.pass(Shared.KEPT);
        browser().open(page.url(path));
    }

    private void logIn(Browser other) {
        logIn(other, page);
    }

    private static void logIn(Browser other, PageUnderTest page) {
        other.open(page.url("/ui"));
        other.type("[name=api-key]", PageUnderTest.API_KEY);
        other.type("[name=token]", PageUnderTest.ADMIN + Browser.ENTER);
        other.await("Logged in as");
    }

    /** No test leaves a violation of the policy, an error of a script, or a request that failed. */
    @AfterEach
    void stop() {
        try {
            assertThat(browser().log()).isEmpty();
        } finally {
            browser().open("about:blank"); // which ends the stream of events
            page.close();
        }
    }

    /** The session stands in a cookie that is Secure, which Chromium takes from a loopback address without TLS. */
    @Test
    void a_session_begins_with_a_form_and_ends_with_one() {
        assertThat(browser().url()).isEqualTo(page.url("/ui"));
        assertThat(browser().run("return document.cookie").textValue()).isEmpty();
        browser().click("header button");
        browser().await("Use the api-key and the token");
        open("/ui/kinds");
        assertThat(browser().url()).contains("/ui/login?next=");
        assertThat(page.log).containsExactly("in ops", "out ops");
    }

    @Test
    void a_link_that_works_once_begins_a_session_and_leaves_nothing_of_itself_in_the_address() {
        browser().click("header button");
        browser().await("Use the api-key and the token");
        AtomicBoolean used = new AtomicBoolean();
        page.link = secret -> secret.equals("s3cret") && used.compareAndSet(false, true)
                ? Optional.of(new Login.Credentials(PageUnderTest.ADMIN, PageUnderTest.API_KEY))
                : Optional.empty();
        browser().open("data:text/html,<a href='" + page.url("/ui/login?once=s3cret") + "'>once</a>");
        browser().click("a");
        browser().await("Logged in as");
        assertThat(browser().url()).isEqualTo(page.url("/ui"));
        assertThat(page.log).containsExactly("in ops", "out ops", "in ops");
    }

    @Test
    void a_link_of_another_site_leads_to_the_view_without_another_login() {
        browser().open("data:text/html,<a href='" + page.url("/ui/kinds") + "'>alert</a>");
        browser().click("a");
        browser().await("No kind is known.");
        assertThat(browser().url()).isEqualTo(page.url("/ui/kinds"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"light", "dark"})
    void no_view_has_a_serious_fault_of_accessibility(String scheme) throws IOException {
        jobs.some();
        JobId id = jobs.hostileFailure("x".repeat(300));
        JobId waits = jobs.schedule(PageJobs.STUCK);
        page.hands().pause(PageJobs.STUCK, "no paper", page.operator());
        page.hands().limit(PageJobs.PRINT, 3, page.operator());
        browser().dark(scheme.equals("dark"));
        List<String> views = List.of(
                "/ui",
                "/ui/jobs",
                "/ui/jobs?limit=0&kind=A",
                "/ui/jobs/" + id,
                "/ui/jobs/" + waits,
                "/ui/jobs/none",
                "/ui/jobs/" + waits + "/cancel",
                "/ui/jobs/" + id + "/cancel",
                "/ui/kinds",
                "/ui/kinds/invoice.print/pause",
                "/ui/kinds/invoice.print/limit",
                "/ui/jobs?status=PENDING&kind=invoice.print",
                "/ui/cancel-jobs?kind=invoice.print&reference=order+17",
                "/ui/retry-jobs?kind=invoice.print",
                "/ui/kinds/export.year/resume",
                "/ui/workers",
                "/ui/audit",
                "/ui?lang=uk",
                "/ui/login?lang=en");
        String axe = axe();
        for (String view : views) {
            open(view);
            assertThat(serious(axe)).as(view + " " + scheme).isEmpty();
        }
        browser().dark(false);
        assertThat(browser().log())
                .allMatch(line -> line.contains("/ui/jobs?limit=0")
                        || line.contains("/ui/jobs/none")
                        || line.contains("/ui/jobs/" + id + "/cancel"));
    }

    private static String axe() throws IOException {
        try (InputStream in = Objects.requireNonNull(BrowserTest.class.getResourceAsStream("/axe.min.js"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static List<String> serious(String axe) {
        var unused = browser().run(axe + "; return 0");
        JsonNode result = browser()
                .runAsync(
                        "const done = arguments[0];"
                                + "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
                                + ".then(found => done(found.violations), fault => done([{id: String(fault), impact: 'critical'}]))");
        List<String> serious = new ArrayList<>();
        result.forEach(fault -> {
            if (List.of("serious", "critical").contains(fault.path("impact").textValue())) {
                serious.add(
                        fault.get("id").textValue() + " " + fault.path("nodes").findValuesAsText("html")
                                + fault.path("nodes").findValuesAsText("message"));
            }
        });
        return serious;
    }

    @Test
    void texts_of_strangers_run_nothing() {
        JobId id = jobs.hostileFailure("<b>boom</b>" + PageJobs.HOSTILE);
        jobs.schedule(PageJobs.MAIL);
        jobs.claim(PageJobs.MAIL, PageJobs.HOSTILE.replace(' ', '_'));
        page.hands().pause(PageJobs.PRINT, PageJobs.HOSTILE, page.operator());
        for (String view : List.of(
                "/ui",
                "/ui/workers",
                "/ui/jobs",
                "/ui/jobs/" + id,
                "/ui/kinds",
                "/ui/kinds/invoice.print/resume",
                "/ui/kinds/%3Cscript%3E/resume",
                "/ui/audit")) {
            open(view);
            assertThat(browser().run("return document.scripts.length").intValue())
                    .isEqualTo(1);
            assertThat(browser().run("return document.images.length").intValue())
                    .isZero();
        }
        assertThat(browser().text()).contains(PageJobs.HOSTILE);
        open("/ui/jobs/" + id);
        assertThat(browser().text()).contains("<b>boom</b>" + PageJobs.HOSTILE);
        assertThat(browser().log()).allMatch(line -> line.contains("404"));
    }

    @Test
    void the_policy_stops_a_script_that_is_no_file_of_the_page() {
        browser()
                .run("const s = document.createElement('script'); s.textContent = 'window.broken = 1';"
                        + "document.body.append(s)");
        assertThat(browser().run("return window.broken === undefined").booleanValue())
                .isTrue();
        assertThat(browser().log()).hasSize(1).first().asString().contains("Content Security Policy");
    }

    @Test
    void back_leads_to_the_list_with_its_filters_and_its_page() {
        for (int i = 0; i < 250; i++) {
            jobs.schedule(PageJobs.PRINT);
        }
        open("/ui/jobs");
        browser().type("[name=kind]", "invoice.print" + Browser.ENTER);
        browser().await("Next page");
        browser().click("a[rel=next]");
        browser().await("First page");
        String second = browser().url();
        assertThat(second).contains("kind=invoice.print").contains("after=");
        String first =
                browser().run("return document.querySelector('tbody a').href").textValue();

        browser().click("tbody a");
        browser().await("Why it is as it is");
        assertThat(browser().url()).isEqualTo(first);
        browser().back();
        browser().await("First page");
        assertThat(browser().url()).isEqualTo(second);
        assertThat(browser()
                        .run("return document.querySelector('tbody a').href")
                        .textValue())
                .isEqualTo(first);
        assertThat(browser()
                        .run("return document.querySelector('[name=kind]').value")
                        .textValue())
                .isEqualTo("invoice.print");
    }

    @Test
    void ten_thousand_jobs_are_a_short_list_with_a_next_page() {
        for (int i = 0; i < 10_000; i++) {
            jobs.schedule(PageJobs.PRINT);
        }
        open("/ui");
        assertThat(browser().text()).contains("10,000");
        open("/ui/jobs?limit=100");
        for (int i = 0; i < 3; i++) {
            assertThat(browser()
                            .run("return document.querySelectorAll('tbody tr').length")
                            .intValue())
                    .isEqualTo(100);
            browser().click("a[rel=next]");
        }
        assertThat(browser()
                        .run("return document.querySelectorAll('tbody tr').length")
                        .intValue())
                .isEqualTo(100);
    }

    @Test
    void everything_is_reached_by_keyboard_and_the_content_at_once() {
        jobs.schedule(PageJobs.PRINT);
        open("/ui");
        browser().press(Browser.TAB);
        assertThat(browser().focused()).isEqualTo("Skip to the content");
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            browser().press(Browser.TAB);
            order.add(browser().focused().split("\n", 2)[0]);
        }
        assertThat(order)
                .startsWith("Now", "Jobs", "Kinds", "Workers", "Audit", "Українською", "Log out", "Pause updates")
                .last()
                .asString()
                .startsWith("Kind");
        browser().press(Browser.TAB);
        assertThat(browser().focused()).isEqualTo("invoice.print");
        browser().press(Browser.ENTER);
        browser().await("Reference");
        assertThat(browser().url()).contains("kind=invoice.print");

        open("/ui");
        browser().press(Browser.TAB);
        browser().press(Browser.ENTER);
        assertThat(browser().focused()).startsWith("Now");
        assertThat(browser().run("return document.activeElement.id").textValue())
                .isEqualTo("main");
    }

    @Test
    void a_view_is_updated_by_itself_and_the_focus_stays_until_updates_are_paused() {
        jobs.schedule(PageJobs.PRINT);
        jobs.schedule(PageJobs.MAIL);
        open("/ui");
        browser().run("document.querySelector('a[href*=\"mail.send\"]').focus()");
        jobs.schedule(PageJobs.STUCK);
        browser().await("export.year");
        assertThat(browser().focused()).isEqualTo("mail.send");

        browser().click("[data-updates] button");
        assertThat(browser().text()).contains("Resume updates").doesNotContain("Updates itself");
        jobs.settle(jobs.claim(PageJobs.STUCK), Jobs.DONE);
        page.clock.advance(Duration.ofMinutes(31)); // after which a kind whose jobs have ended is not shown
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < Duration.ofSeconds(7).toNanos()) {
            assertThat(browser().text()).contains("export.year");
        }
        browser().click("[data-updates] button");
        var unused = browser().await(() -> Optional.of(browser().text()).filter(text -> !text.contains("export.year")));
    }

    @Test
    void a_view_says_that_it_is_old_while_the_server_does_not_answer() {
        jobs.schedule(PageJobs.PRINT);
        open("/ui");
        page.storeIsDown = true;
        browser().await("The server does not answer; what you see is old");
        page.storeIsDown = false;
        browser().await("Updates itself");
    }

    @Test
    void where_the_server_sends_no_events_a_view_is_asked_for_again_and_again() {
        try (PageUnderTest plain = new PageUnderTest(PageSettings.defaults())) {
            new PageJobs(plain).schedule(PageJobs.PRINT);
            logIn(browser(), plain);
            new PageJobs(plain).schedule(PageJobs.STUCK);
            plain.pass(Shared.KEPT);
            browser().await("export.year");
            plain.storeIsDown = true;
            plain.pass(Shared.KEPT);
            browser().await("The server does not answer; what you see is old");
            plain.storeIsDown = false;
            browser().await("Updates itself");
            assertThat(browser().log()).isNotEmpty().allMatch(line -> line.contains("503"));
            browser().open("about:blank");
        }
    }

    @Test
    void a_view_leads_to_the_login_when_its_session_has_ended() {
        open("/ui");
        page.verdicts.remove(PageUnderTest.ADMIN);
        browser().await("Use the api-key and the token");
        assertThat(browser().url()).contains("/ui/login?next=");
    }

    @Test
    void what_is_selected_stays_until_it_is_no_longer_selected() {
        jobs.schedule(PageJobs.PRINT);
        open("/ui");
        String select = "document.getSelection().selectAllChildren(document.querySelector('tbody tr'))";
        var unused = browser().run(select + "; return 0");
        jobs.schedule(PageJobs.STUCK);
        long begun = System.nanoTime();
        while (System.nanoTime() - begun < Duration.ofSeconds(5).toNanos()) {
            assertThat(browser().text()).doesNotContain("export.year");
        }
        unused = browser().run("document.getSelection().removeAllRanges(); return 0");
        browser().await("export.year");
    }

    @Test
    void an_update_leaves_in_place_what_has_not_changed() {
        JobId id = jobs.schedule(PageJobs.PRINT);
        open("/ui/jobs/" + id);
        var unused = browser().run("document.querySelector('#job section:last-child').seen = 'yes'; return 0");
        jobs.claim(PageJobs.PRINT);
        browser().await("Worker worker-1 is running attempt 1");
        assertThat(browser()
                        .run("return document.querySelector('#job section:last-child').seen")
                        .textValue())
                .isEqualTo("yes");
    }

    @Test
    void a_job_that_is_no_longer_there_is_said_to_be_gone() {
        JobId id = jobs.schedule(PageJobs.PRINT);
        jobs.settle(jobs.claim(PageJobs.PRINT), Jobs.DONE);
        open("/ui/jobs/" + id);
        assertThat(page.store.forget(Jobs.OWNER, page.clock.instant(), 1)).isEqualTo(1);
        browser().await("There is no such job, or no longer.");
        assertThat(browser().log()).isNotEmpty().allMatch(line -> line.contains("404"));
    }

    @Test
    void no_view_is_wider_than_a_small_window() {
        jobs.some();
        JobId id = jobs.hostileFailure("x".repeat(300));
        browser().narrow(320);
        page.hands().pause(PageJobs.PRINT, "x".repeat(200), page.operator());
        for (String view : List.of(
                "/ui?lang=uk",
                "/ui/retry-jobs?kind=invoice.print",
                "/ui/kinds/export.year/pause",
                "/ui?lang=en",
                "/ui/jobs",
                "/ui/jobs/" + id,
                "/ui/kinds",
                "/ui/kinds/invoice.print/resume",
                "/ui/workers",
                "/ui/audit",
                "/ui/login")) {
            open(view);
            assertThat(browser()
                            .run("return document.documentElement.scrollWidth")
                            .intValue())
                    .as(view)
                    .isLessThanOrEqualTo(320);
        }
        browser().narrow(0);
    }

    @Test
    void without_the_script_the_page_works_the_same() {
        jobs.some();
        try (Browser plain = new Browser(Browser.WITHOUT_SCRIPTS)) {
            plain.open(page.url("/ui/jobs?status=FAILED"));
            plain.type("[name=api-key]", PageUnderTest.API_KEY);
            plain.type("[name=token]", PageUnderTest.READER + Browser.ENTER);
            plain.click("tbody a");
            assertThat(plain.url()).matches(".*/ui/jobs/[0-9a-f-]{36}");
            plain.click("header nav a");
            plain.click("header form button");
            awaitUrl(plain, "/ui/login");
        }
    }

    @Test
    void without_the_script_kinds_are_paused_and_jobs_cancelled_the_same() {
        JobId id = jobs.schedule(PageJobs.PRINT);
        page.pass(Shared.KEPT);
        try (Browser plain = new Browser(Browser.WITHOUT_SCRIPTS)) {
            plain.open(page.url("/ui/kinds"));
            plain.type("[name=api-key]", PageUnderTest.API_KEY);
            plain.type("[name=token]", PageUnderTest.ADMIN + Browser.ENTER);
            plain.click("a[href$='/pause']");
            plain.type("[name=reason]", "no paper" + Browser.ENTER);
            awaitUrl(plain, "/ui/kinds");
            assertThat(page.hands().kinds())
                    .extracting(kind -> Objects.requireNonNull(kind.pause()).reason())
                    .containsExactly("no paper");

            page.clock.advance(Duration.ofSeconds(1));
            plain.open(page.url("/ui/jobs/" + id));
            plain.click("a[href$='/cancel']");
            plain.click("form.entry button");
            awaitUrl(plain, "/ui/jobs/" + id);
            assertThat(page.hands().audit(null, 9).entries())
                    .extracting(AuditEntry::action)
                    .containsExactly(AuditEntry.Action.CANCEL, AuditEntry.Action.PAUSE);
        }
    }

    private void awaitUrl(Browser some, String path) {
        var unused = some.await(() -> Optional.of(some.url()).filter(page.url(path)::equals));
    }

    @Test
    void a_kind_is_limited_by_keyboard_and_a_number_that_is_none_is_said_to_be_wrong() throws IOException {
        jobs.schedule(PageJobs.PRINT);
        open("/ui/kinds");
        browser().run("document.querySelector('a[href$=\"/limit\"]').focus(); return 0");
        assertThat(browser().focused()).isEqualTo("limit");
        browser().press(Browser.ENTER);
        browser().await("At most so many jobs of this kind run");
        List<String> order = new ArrayList<>();
        for (int i = 0; i < 11; i++) {
            browser().press(Browser.TAB);
            order.add(browser().focused());
        }
        assertThat(order).endsWith("running", "Limit the kind", "Do nothing, and go back");
        browser().type("[name=running]", "5" + Browser.ENTER);
        browser().await("0 of 5");
        browser().back();
        browser().await("Jobs that may run");
        browser().run("document.querySelector('[name=running]').value = ''; return 0");
        browser().type("[name=running]", "many" + Browser.ENTER);
        browser().await("Jobs that may run: a number, 1 – 100000");
        assertThat(serious(axe())).isEmpty();
        assertThat(browser().log()).hasSize(1).first().asString().contains("422");
        browser().run("document.querySelector('[name=running]').value = ''; return 0");
        browser().type("[name=running]", "3" + Browser.ENTER);
        browser().await("0 of 3");
        assertThat(browser().url()).isEqualTo(page.url("/ui/kinds"));
    }

    @Test
    void a_picture_of_each_view_shows_a_page_of_the_width_of_the_window() throws IOException {
        JobKind kind = new JobKind("letter.send");
        jobs.minutes(kind, 24);
        jobs.some();
        jobs.minutes(kind, 2);
        JobId id = jobs.schedule(kind);
        jobs.settle(
                jobs.claim(kind),
                Outcome.retry(new Failure("java.net.ConnectException: the post office does not answer")));
        page.hands().limit(PageJobs.PRINT, 3, page.operator());
        page.clock.advance(Duration.ofMillis(10));
        page.hands().pause(PageJobs.STUCK, "the archive moves tonight", page.operator());
        try (Browser small = new Browser("--window-size=900,600")) {
            logIn(small);
            for (String view : List.of(
                    "now:/ui",
                    "jobs:/ui/jobs?limit=4",
                    "kinds:/ui/kinds",
                    "workers:/ui/workers",
                    "job:/ui/jobs/" + id,
                    "audit:/ui/audit")) {
                page.pass(Shared.KEPT);
                small.open(page.url(view.split(":", 2)[1]));
                byte[] picture = small.screenshot();
                if (PICTURES != null) {
                    Files.write(Path.of(PICTURES, "page-" + view.split(":", 2)[0] + ".png"), picture);
                }
                BufferedImage image = ImageIO.read(new ByteArrayInputStream(picture));
                assertThat(image.getWidth()).as(view).isEqualTo(900);
                assertThat(Arrays.stream(image.getRGB(0, 0, 900, image.getHeight(), null, 0, 900))
                                .distinct()
                                .count())
                        .as(view + ": colours")
                        .isGreaterThan(10);
            }
        }
    }
}
