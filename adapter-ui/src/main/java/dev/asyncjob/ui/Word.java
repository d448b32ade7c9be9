package dev.asyncjob.ui;

/** The texts of the page, each in both languages. Sentences about one job are explanations, and not here. */
enum Word {
    NOW("Now", "Зараз"),
    JOBS("Jobs", "Завдання"),
    JOB("Job", "Завдання"),
    KINDS("Kinds", "Типи"),
    WORKERS("Workers", "Виконавці"),
    AUDIT("Audit", "Аудит"),
    LOG_IN("Log in", "Увійти"),
    LOG_OUT("Log out", "Вийти"),
    LOGGED_IN_AS("Logged in as", "Ви увійшли як"),
    SKIP("Skip to the content", "Перейти до вмісту"),
    VIEWS("Views", "Розділи"),
    OTHER_LANGUAGE("Українською", "In English"),
    PAUSE_UPDATES("Pause updates", "Призупинити оновлення"),
    RESUME_UPDATES("Resume updates", "Відновити оновлення"),
    UPDATES_ITSELF("Updates itself", "Оновлюється само"),
    UPDATES_FAIL("The server does not answer; what you see is old", "Сервер не відповідає; дані застаріли"),

    API_KEY("api-key", "api-key"),
    TOKEN("token", "token"),
    LOGIN_HINT(
            "Use the api-key and the token of a client with the scope job:read-all or job:admin.",
            "Потрібні api-key і token клієнта зі scope job:read-all або job:admin."),
    LOGIN_INVALID("These credentials are not valid.", "Ці облікові дані недійсні."),
    LOGIN_FORBIDDEN(
            "This client has neither the scope job:read-all nor job:admin.",
            "Цей клієнт не має ні scope job:read-all, ні job:admin."),
    LOGIN_TOO_MANY("Too many failed logins. Wait a minute.", "Забагато невдалих спроб. Зачекайте хвилину."),
    LOGIN_UNDECIDED(
            "The credentials cannot be checked now. Try again.",
            "Зараз неможливо перевірити облікові дані. Спробуйте ще раз."),
    LINK_ENDED(
            "This link was used, or is more than an hour old. Log in with the credentials.",
            "Це посилання вже використали, або йому понад годину. Увійдіть з обліковими даними."),
    NO_SUCH_USER(
            "The proxy in front of this page names no user: its header is there twice, or is no name of 1 to 128"
                    + " visible ASCII characters. See ui.proxy-header.",
            "Проксі перед цією сторінкою не назвав користувача: його заголовок надійшов двічі або не є іменем"
                    + " з 1–128 видимих символів ASCII. Див. ui.proxy-header."),
    FORM_STALE(
            "The form is too old, or your browser refused its cookie: the page needs https, or a loopback address.",
            "Форма застаріла, або браузер не прийняв cookie: сторінка потребує https чи адреси loopback."),
    FORM_FOREIGN("The form did not come from this page.", "Форма надійшла не з цієї сторінки."),

    NOT_ALLOWED("Not allowed", "Не дозволено"),
    FOR_ADMIN("This needs the scope job:admin.", "Для цього потрібен scope job:admin."),
    ACTIONS_OFF(
            "Nothing can be changed here, since ui.actions is not set.",
            "Тут нічого не можна змінити, бо ui.actions не встановлено."),
    ACTIONS("Actions", "Дії"),
    DO_NOTHING("Do nothing, and go back", "Нічого не робити й повернутися"),
    SO_ALREADY("This is so already.", "Так уже є."),
    DO_PAUSE("pause", "призупинити"),
    PAUSE_KIND("Pause the kind", "Призупинити тип"),
    PAUSE_MEANS(
            "No worker, on any node, gets a job of this kind until the kind is resumed."
                    + " Jobs that run go on, and jobs are scheduled as ever.",
            "Жоден виконавець на жодному вузлі не отримає завдання цього типу, доки тип не відновлять."
                    + " Завдання, що виконуються, тривають, а нові приймаються як завжди."),
    REASON("Reason, which other operators read", "Причина, яку прочитають інші оператори"),
    DO_RESUME("resume", "відновити"),
    RESUME_KIND("Resume the kind", "Відновити тип"),
    RESUME_MEANS(
            "Workers get jobs of this kind again, at once.",
            "Виконавці знову, відразу, отримуватимуть завдання цього типу."),
    DO_LIMIT("limit", "обмежити"),
    LIMIT_KIND("Limit the kind", "Обмежити тип"),
    LIMIT_MEANS(
            "At most so many jobs of this kind run at the same time, on all nodes together."
                    + " Nothing is taken from workers that have more now.",
            "Одночасно на всіх вузлах разом виконується не більше стількох завдань цього типу."
                    + " У виконавців, які зараз мають більше, нічого не відбирають."),
    LIMIT("Jobs that may run", "Скільки завдань може виконуватися"),
    DO_UNLIMIT("no limit", "без обмеження"),
    UNLIMIT_KIND("Remove the limit of the kind", "Зняти обмеження типу"),
    UNLIMIT_MEANS(
            "Any number of jobs of this kind may run at the same time.",
            "Одночасно може виконуватися будь-скільки завдань цього типу."),
    NO_SUCH_KIND("No such kind is known.", "Такий тип невідомий."),
    CANCEL_JOB("Cancel the job", "Скасувати завдання"),
    CANCEL_MEANS(
            "The job ends now, for ever, and its client sees that it has failed: cancelled."
                    + " A worker that runs it loses it, but may have done a part of the work.",
            "Завдання скінчиться зараз і назавжди, а його клієнт побачить, що воно не вдалося: cancelled."
                    + " Виконавець, який виконує його, втратить його, але частину роботи міг уже зробити."),
    DO_CANCEL("cancel", "скасувати"),
    CANCEL_JOBS("Cancel the jobs", "Скасувати завдання"),
    CANCEL_JOBS_MEANS(
            "All of these jobs end now, for ever, and their clients see that they have failed: cancelled."
                    + " Workers that run some of them lose them, but may have done a part of the work."
                    + " It takes a moment; if this view comes back, more are left.",
            "Усі ці завдання скінчаться зараз і назавжди, а їхні клієнти побачать, що вони не вдалися: cancelled."
                    + " Виконавці, які виконують деякі з них, втратять їх, але частину роботи могли вже зробити."
                    + " Це триватиме мить; якщо знову з’явиться ця сторінка, то скасовано ще не всі."),
    DO_RETRY("retry", "повторити"),
    RETRY_JOBS("Retry the jobs", "Повторити завдання"),
    RETRY_JOBS_MEANS(
            "Each of these jobs gets a new one in its place, which is due at once; those that failed stay as they are."
                    + " It takes a moment; if this view comes back, more are left.",
            "Замість кожного з цих завдань з’явиться нове, яке можна виконувати відразу; невдалі залишаться такими,"
                    + " як є. Це триватиме мить; якщо знову з’явиться ця сторінка, то повторено ще не всі."),
    OR_MORE("or more", "чи більше"),
    RETRIED_BEFORE("Left out, since retried before", "Пропускаються, бо вже повторені"),
    NOT_KEPT(
            "Left out, since their payload is not kept (work.failed-payload)",
            "Пропускаються, бо їхні дані не збережено (work.failed-payload)"),
    NO_FILTER(
            "Filters that are valid are needed: a kind, an owner, a reference, or overdue.",
            "Потрібні правильні фільтри: тип, власник, позначка замовника або прострочені."),
    ENDED_ALREADY(
            "The job has ended already, and jobs that have ended do not change.",
            "Завдання вже завершене, а завершені завдання не змінюються."),

    KIND("Kind", "Тип"),
    WAITING("Waiting", "Чекають"),
    RUNNING("Running", "Виконуються"),
    SCHEDULED("Scheduled", "Заплановані"),
    OLDEST("Longest wait", "Найдовше чекає"),
    LAST_ASKED("Worker last asked", "Останній запит виконавця"),
    STATE("State", "Стан"),
    AGO("ago", "тому"),
    NEVER("not known", "невідомо"),
    NO_WORKER("no worker", "немає виконавця"),
    MOVING("moving", "черга рухається"),
    PAUSED("paused", "призупинено"),
    PAUSE("Pause", "Призупинення"),
    OF("of", "з"),
    IDLE("nothing waits", "черги немає"),
    ENDED_A_MINUTE("Ended per minute", "Завершено за хвилину"),
    FAILED("Failed", "Невдалі"),
    KEPT("eta kept", "eta дотримано"),
    IN_MINUTES("%s in the last minute, %s in 30 minutes", "%s за останню хвилину, %s за 30 хвилин"),
    NONE_ENDED("none ended", "немає завершених"),
    ENDED_LATELY(
            "Charts are of the last 30 minutes and the numbers beside them of the last one, on all nodes, up to ten seconds"
                    + " late. The highest bar of ended jobs is the largest number, that of failed ones 100\u00a0%.",
            "Діаграми показують останні 30 хвилин, а числа поруч – останню з них, на всіх вузлах, із запізненням до"
                    + " десяти секунд. Найвищий стовпчик завершених – найбільше число, невдалих – 100\u00a0%."),
    NO_KINDS("No job is pending.", "Немає незавершених завдань."),
    NO_KNOWN_KINDS("No kind is known.", "Жодного типу не відомо."),
    COUNTED_TO(
            "Numbers end at a limit: very large ones may be larger.",
            "Лічба має межу: дуже великі числа насправді можуть бути більшими."),

    LEASES("Leases", "Оренди"),
    OLDEST_CLAIM("Oldest claim", "Найдавніша спроба"),
    NEXT_END("Next lease ends", "Найближчий кінець оренди"),
    KIND_ASKED("Kind asked for", "Тип запитували"),
    NO_WORKERS("No worker holds a lease.", "Жоден виконавець не має оренди."),
    MORE_WORKERS(
            "There are more: these 200 rows have the oldest claims.", "Є й інші: у цих 200 рядках найдавніші спроби."),

    ID("Id", "Ідентифікатор"),
    STATUS("Status", "Статус"),
    OWNER("Owner", "Власник"),
    REFERENCE("Reference", "Позначка замовника"),
    OVERDUE("Overdue", "Прострочені"),
    ACCEPTED("Accepted", "Прийнято"),
    ETA("Expected end, or end", "Очікуваний або фактичний кінець"),
    PROMISED("End as first promised", "Кінець, обіцяний спочатку"),
    ENDED_SO("it ended", "завдання скінчилося"),
    EXPECTED_SO("now expected", "тепер очікується"),
    THEN("at that time", "тоді ж"),
    LATER("%s later", "на %s пізніше"),
    EARLIER("%s earlier", "на %s раніше"),
    ATTEMPTS("Attempts", "Спроби"),
    ATTEMPT("Attempt", "Спроба"),
    WORKER("Worker", "Виконавець"),
    ANY("any", "усі"),
    YES("yes", "так"),
    NO("no", "ні"),
    SHOW("Show", "Показати"),
    FIRST_PAGE("First page", "Перша сторінка"),
    NEXT_PAGE("Next page", "Наступна сторінка"),
    PAGES("Pages", "Сторінки"),
    NO_JOBS("No job matches.", "Немає таких завдань."),
    FILTERS("Filters", "Фільтри"),
    CHECK_FILTERS("Some filters are not valid:", "Деякі фільтри неправильні:"),
    PAGE_SIZE("Jobs on a page", "Завдань на сторінці"),
    PLACE("Place in the list", "Місце в списку"),
    NO_SUCH_VALUE("no such value", "немає такого значення"),
    HOW_LONG("number of characters", "кількість символів"),
    A_NUMBER("a number", "число"),
    ONLY("only", "лише"),
    NOT_STORABLE("has characters that cannot be stored", "має символи, які неможливо зберегти"),
    ALL("all", "усі"),
    FAILED_ONES("failed", "невдалі"),
    OVERDUE_ONES("overdue", "прострочені"),

    WHY("Why it is as it is", "Чому воно в такому стані"),
    FACTS("Facts", "Відомості"),
    SCHEDULED_BY("Scheduled by", "Замовник"),
    PROGRESS("Progress", "Виконано"),
    LINKS("Links", "Посилання"),
    HISTORY("Attempts that have ended", "Завершені спроби"),
    NO_HISTORY("None.", "Немає."),
    BEGAN("Began", "Початок"),
    ENDED("Ended", "Кінець"),
    OUTCOME("Outcome", "Результат"),
    ERROR("Error", "Помилка"),
    CLIENT_SEES("What the client sees", "Що бачить клієнт"),
    ERRORS_FOR_ADMIN(
            "Errors are cut here; with the scope job:admin they are shown in full, and so is what the client sees.",
            "Помилки скорочено; зі scope job:admin їх видно повністю, як і те, що бачить клієнт."),
    TRACE("Trace", "Трасування"),
    READ_AT("Read at", "Прочитано"),

    WHEN("When", "Коли"),
    WHO("Who", "Хто"),
    WHAT("What", "Що"),
    SUBJECT("To what", "З чим"),
    DETAIL("Reason or limit", "Причина чи межа"),
    HOW_MANY("How many", "Скільки"),
    REQUEST("Request", "Запит"),
    NO_AUDIT("Nothing was done.", "Нічого не робили."),

    NOT_FOUND("There is no such job, or no longer.", "Такого завдання немає або вже немає."),
    NO_ANSWER("Not available", "Недоступно"),
    OPENING("Opening", "Відкривається"),
    UNAVAILABLE(
            "The database does not answer at the moment. Try again.", "База даних зараз не відповідає. Спробуйте ще.");

    private final String english;
    private final String ukrainian;

    Word(String english, String ukrainian) {
        this.english = english;
        this.ukrainian = ukrainian;
    }

    /** The text in a language, {@code en} or {@code uk}. */
    String in(String language) {
        return language.equals("uk") ? ukrainian : english;
    }
}
