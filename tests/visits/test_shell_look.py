"""What the shell looks, weighs and sounds like: axe, the pseudo-language, the keyboard, the policy."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.visits import shell_people
from tests.visits.shell_people import DESK, PHONE, People, Person
from tests.visits.shell_server import FOLDER, ShellServer
from webapp.locale import LANGUAGES
from webapp.locale.pseudo import CLOSE, OPEN
from webapp.visits.document import lean
from webapp.visits.joining import SIDES, in_order

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WEIGHT = 150_000

serving = shell_people.serving
company = shell_people.company


def assert_accessible(*people: Person) -> None:
    assert_no_violations(*(person.page for person in people))


def assert_no_violations(*pages: Page) -> None:
    """Nothing in light, and in dark nothing among the rules that look at colours."""
    for page in pages:
        if not page.evaluate("'axe' in window"):
            page.evaluate(Axe().axe_script)
        for scheme, rules in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = page.evaluate(
                """(rules) => axe.run({ runOnly: rules, resultTypes: ['violations'], iframes: false })
                    .then((found) => found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)]))""",
                rules,
            )
            assert found == [], scheme


SCHEMES: list[tuple[Literal["light", "dark"], Any]] = [
    ("light", {"type": "tag", "values": TAGS}),
    ("dark", {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}),
]


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing(serving: ShellServer, company: People, size: ViewportSize) -> None:
    room = serving.room()
    room.late = 6
    anna = company.patient(room, size=size)
    anna.get("join").wait_for()
    assert_accessible(anna)
    anna.joins()
    anna.page.get_by_text("Microphone hears you").wait_for()
    elena = company.clinician(room, size=size)
    elena.get("admit").wait_for()
    assert_accessible(anna, elena)
    elena.admits()
    for one in (anna, elena):
        one.has_state("connected")
        one.get("quality").wait_for()
        one.get("more").click()
        assert_accessible(one)
        one.page.keyboard.press("Escape")
        one.get("chat").click()
        one.get("chat-input").fill("Good morning")
        one.get("chat-send").click()
        expect(one.get("chat-log")).to_contain_text("sent")
        assert_accessible(one)
        one.page.keyboard.press("Escape")
    elena.get("finish").click()
    assert_accessible(elena)
    for one in (anna, elena):
        one.has_state("finished")
    assert_accessible(anna, elena)


@pytest.fixture
def pseudo(serving: ShellServer) -> Iterator[None]:
    serving.language = "qps"
    yield
    serving.language = "en"


@pytest.mark.usefixtures("pseudo")
def test_every_word_is_translated(serving: ShellServer, company: People) -> None:
    room = serving.room(status="early")
    anna = company.patient(room)
    anna.page.locator("[data-status=early]").wait_for()
    assert plain(anna) == []
    room.status = "ready"
    anna.page.reload()
    anna.goes(serving.link(room))
    anna.joins()
    anna.until("document.querySelector('.checks [data-state=ok]')")
    assert plain(anna) == []
    elena = company.clinician(room)
    elena.get("admit").wait_for()
    assert plain(elena) == []
    elena.admits()
    for one in (anna, elena):
        one.has_state("connected")
        one.get("quality").wait_for()
        for button in ("more", "phone", "chat"):
            one.get(button).click()
            assert plain(one) == []
        one.page.keyboard.press("Escape")
    elena.get("finish").click()
    assert plain(elena) == []
    for one in (anna, elena):
        one.has_state("finished")
        assert plain(one) == []


# What is not ours to translate: names, numbers, days, product names.
DATA = re.compile(
    r"Dr Elena Ruiz|Anna Keller|Test practice|[+\d][\d: ]*\d|\b\d\b|\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"
    r"|Madrid|Chrome on Linux|Telepraxis|fake_device_\d|Fake \w+ Audio Input( \d)?|ER|AK|[^\w]"
)


def plain(person: Person) -> list[str]:
    """Visible texts and labels that hold a letter outside the brackets of the pseudo-language."""
    texts: list[str] = person.page.evaluate(
        """() => {
            const texts = [document.title, document.querySelector('[data-testid=call-state]').textContent];
            for (const element of document.querySelectorAll('body *')) {
                if (!element.checkVisibility() || element.closest('script, iframe, .log p')) continue;
                for (const name of ['aria-label', 'title', 'placeholder']) texts.push(element.getAttribute(name) ?? '');
                for (const node of element.childNodes) if (node.nodeType === 3) texts.push(node.textContent);
            }
            return texts;
        }"""
    )
    return [text for text in texts if DATA.sub("", undisguised(text))]


def undisguised(text: str) -> str:
    """What stands outside every pair of brackets."""
    inner = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
    while inner.search(text):
        text = inner.sub("", text)
    return text


def test_it_weighs_little_in_each_language(serving: ShellServer, company: People) -> None:
    """The document, its styles, scripts and icons: all that a page needs until it shows itself."""
    for side, language in product(("patient", "clinician"), LANGUAGES):
        serving.language = language
        room = serving.room()
        one = company.clinician(room) if side == "clinician" else company.patient(room)
        one.until("telepraxis && document.querySelector('main h1')")
        assert one.page.evaluate("document.documentElement.lang") == language
        sizes: list[int] = one.page.evaluate(SIZES)
        assert len(sizes) > 6
        print(f"\n{side}, {language}: {sum(sizes)} bytes")
        assert sum(sizes) < WEIGHT, (side, language)
    serving.language = "en"


SIZES = """() => Promise.all([
    location.href,
    document.body.dataset.icons,
    ...Array.from(document.querySelectorAll('link[rel=modulepreload]'), (link) => link.href),
    ...Array.from(document.querySelectorAll('link[rel=stylesheet]'), (link) => link.href)
        .filter((name) => !name.includes('extras.css')),
].map(async (name) => (await (await fetch(name)).blob()).size))"""


def test_every_module_is_preloaded_and_none_twice(serving: ShellServer, company: People) -> None:
    loaded: set[str] = set()
    for side in ("clinician", "patient"):
        room = serving.room()
        one = company.clinician(room) if side == "clinician" else company.patient(room)
        one.until("window.telepraxis")
        names: list[str] = one.page.evaluate(
            "performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => name.includes('.js'))"
        )
        preloaded = one.page.evaluate(
            "[...document.querySelectorAll('link[rel=modulepreload]')].map((l) => l.href)"
        )
        assert len(names) == len(set(names))
        assert set(preloaded) == set(names)
        loaded |= {name.rpartition("/")[2].partition("?")[0] for name in names}
    assert loaded == {"both.js", "patient.js", "clinician.js", "early.js", "meter.js"}
    files = {path.name: lean(path) for path in FOLDER.glob("*.js")}
    first = {name for side in SIDES for name in in_order(files, side)}
    assert set(files) - first == fetched_later() - first


def fetched_later() -> set[str]:
    """What is imported while a page runs, with everything that this imports in turn."""
    files = {path.name: lean(path) for path in FOLDER.glob("*.js")}
    named = {name for body in files.values() for name in re.findall(rb"import\('\./(\w+\.js)'\)", body)}
    return {name for first in named for name in in_order(files, first.decode())}


def test_no_text_of_the_shell_runs_over_lines() -> None:
    """What is sent has lost its indentation and its comment lines: a text over lines would lose them too."""
    for path in FOLDER.glob("*.js"):
        assert all(line.count("`") % 2 == 0 for line in path.read_text().splitlines()), path.name
        assert len(lean(path)) < path.stat().st_size
        assert b"\n *" not in lean(path)


def test_keys_work_outside_fields_and_can_be_turned_off(serving: ShellServer, company: People) -> None:
    _elena, anna = company.pair(serving.room())
    keys = anna.page.keyboard
    mute = anna.get("mute")
    keys.press("m")
    expect(mute).to_have_attribute("aria-label", "Unmute the microphone")
    keys.press("v")
    expect(anna.get("camera")).to_have_attribute("aria-label", "Switch the camera on")
    keys.press("c")
    expect(anna.get("chat-input")).to_be_focused()
    keys.type("my vacation")
    expect(anna.get("chat-input")).to_have_value("my vacation")
    expect(mute).to_have_attribute("aria-label", "Unmute the microphone")
    keys.press("Escape")
    expect(anna.get("chat-input")).to_be_hidden()
    anna.get("more").click()
    anna.page.get_by_label("Keys: M microphone, V camera, C chat").uncheck()
    keys.press("Escape")
    expect(anna.get("more")).to_be_focused()
    keys.press("m")
    expect(mute).to_have_attribute("aria-label", "Unmute the microphone")


def test_the_self_view_moves_without_dragging(serving: ShellServer, company: People) -> None:
    elena, _anna = company.pair(serving.room())
    view = elena.page.locator(".self")
    expect(view).to_have_attribute("data-corner", "bottom-end")
    elena.page.get_by_role("button", name="Move your picture to another corner").focus()
    elena.page.keyboard.press("ArrowUp")
    expect(view).to_have_attribute("data-corner", "top-end")
    elena.page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-corner", "bottom-end")
    box = view.bounding_box()
    assert box is not None
    elena.page.mouse.move(box["x"] + 60, box["y"] + 60)
    elena.page.mouse.down()
    elena.page.mouse.move(200, 700, steps=4)
    elena.page.mouse.up()
    expect(view).to_have_attribute("data-corner", "bottom-start")


SMALL_TARGETS = """() => [...document.querySelectorAll('button, select, summary, input, a, .way, .check label')]
    .filter((element) => element.checkVisibility() && !element.closest('.self, .way > *, .check input'))
    .map((element) => [element.textContent || element.id, element.getBoundingClientRect()])
    .filter(([, box]) => box.height < 43.9 || box.width < 43.9)
    .map(([text, box]) => [text, box.width, box.height])"""
# Besides what is truly beside the matter: 15.
SMALL_TEXTS = """() => {
    const found = new Set();
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        if (!walk.currentNode.data.trim() || !element.checkVisibility() || element.closest('script')) continue;
        const size = parseFloat(getComputedStyle(element).fontSize);
        const kinds = '.chip, .tools .word, .log .who, .log .when, .role, .badge, .avatar, .small, label';
        const beside = element.closest(kinds);
        if (size < (beside ? 15 : 18)) found.add(`${size} ${element.className} ${element.textContent}`);
    }
    return [...found];
}"""


def test_without_the_chart_the_chat_has_the_column_to_itself(serving: ShellServer, company: People) -> None:
    elena, _anna = company.pair(serving.room(), size=DESK)
    chart = elena.page.get_by_role("button", name="Chart and note", exact=True)
    form, log = (elena.page.locator(f".chat {part}") for part in ("form", ".log"))
    for shut, least in ((True, 600), (False, 0)):
        chart.click()
        elena.page.locator(".panel.closed" if shut else ".panel:not(.closed)").wait_for(state="attached")
        typed, said = form.bounding_box(), log.bounding_box()
        assert typed is not None
        assert said is not None
        assert said["x"] == typed["x"]
        assert typed["y"] + typed["height"] == DESK["height"]
        assert least <= said["height"] <= (DESK["height"] if shut else 160)
        assert elena.page.locator(".chat header").is_visible() is shut


def test_the_patient_reaches_and_reads_everything(serving: ShellServer, company: People) -> None:
    """Door, waiting room, call, chat and the last page, by thumb: targets of 44 px, text at 18."""
    room = serving.room()

    def fits(anna: Person) -> None:
        assert anna.page.evaluate(SMALL_TARGETS) == []
        assert anna.page.evaluate(SMALL_TEXTS) == []
        assert anna.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    anna = company.patient(room)
    anna.get("join").wait_for()
    anna.get("emergency").wait_for()
    fits(anna)
    anna.joins()
    anna.get("cannot-wait").wait_for()
    fits(anna)
    elena = company.clinician(room)
    elena.admits()
    anna.has_state("connected")
    anna.get("someone-here").wait_for()
    anna.get("path").wait_for()
    fits(anna)
    for button in ("chat", "more", "emergency"):
        anna.get(button).click()
        fits(anna)
        anna.page.keyboard.press("Escape")
    elena.get("finish").click()
    anna.has_state("finished")
    anna.get("afterwards").wait_for()
    fits(anna)


@pytest.mark.parametrize("width", [360, 390])
def test_all_controls_are_on_a_phones_screen(serving: ShellServer, company: People, width: int) -> None:
    room = serving.room()
    elena, anna = company.clinician(room, size={"width": width, "height": 780}), company.patient(room)
    anna.joins("none")
    elena.admits()
    elena.has_state("connected")
    elena.get("emergency").first.wait_for()
    for side in (elena, anna):
        outside = side.page.evaluate(
            """() => [...document.querySelectorAll('main button')]
                .filter((button) => button.checkVisibility())
                .filter((button) => button.getBoundingClientRect().right > innerWidth
                    || button.getBoundingClientRect().left < 0)
                .map((button) => button.ariaLabel || button.textContent)"""
        )
        assert outside == []


HEARD = [  # path, way, many -> what is said of the way, and what must not be
    ("direct", "fallback", False, "directly between your two devices", "relay"),
    ("relayed", "fallback", False, "passes our relay, which cannot listen", "directly"),
    ("", "fallback", False, "or through our relay where that does not work", "cannot listen"),
    ("direct", "direct", False, "directly between your two devices", "relay"),
    ("", "direct", False, "directly between your two devices", "relay"),
    ("relayed", "only", False, "neither sees the other’s internet address", "directly"),
    ("", "only", False, "neither sees the other’s internet address", "directly"),
    ("direct", "fallback", True, "directly between your devices", "relay"),
    ("relayed", "fallback", True, "passes our relay, which cannot listen", "directly"),
    ("mixed", "fallback", True, "directly between your devices, or through our relay", "cannot listen"),
    ("relayed", "only", True, "nobody sees another’s internet address", "directly"),
    ("direct", "direct", True, "directly between your devices", "relay"),
]


def test_who_can_hear_is_said_truly_for_each_way(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room())
    found = anna.page.evaluate(
        """async (rows) => {
            const { hearingWords } = await import('/shell/hearing.js');
            return rows.map(([path, way, many]) => hearingWords(path, way, many));
        }""",
        HEARD,
    )
    for said, (path, way, many, words, wrong) in zip(found, HEARD, strict=True):
        assert words in said, (path, way, many, said)
        assert wrong not in said, (path, way, many, said)
        assert ("Only the people" in said) == many


def test_one_relayed_and_one_direct_are_neither(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, _anna = company.pair(room)
    ways = elena.page.evaluate(
        """async () => {
            const { Stage } = await import('/shell/stage.js');
            const { Visit } = await import('/shell/visit.js');
            const visit = new Visit();
            const mesh = Object.assign(new EventTarget(), { peers: new Map([['b', {}], ['c', {}]]) });
            const stage = new Stage(visit, mesh, { phone: () => '' });
            const seats = ['b', 'c'].map((seat) => ({ seat, name: seat, kind: 'guest', state: 'connected' }));
            visit.apply({ t: 'welcome', seats });
            const sample = (seat, path) => stage.quality(seat, { word: '', weak: false, path, step: 0 });
            const ways = [stage.path];
            for (const [seat, path] of [['b', 'relayed'], ['c', 'direct'], ['b', 'direct']]) {
                sample(seat, path);
                ways.push(stage.path);
            }
            return ways;
        }"""
    )
    assert ways == ["", "relayed", "mixed", "direct"]


def test_no_name_can_become_markup(serving: ShellServer, company: People) -> None:
    room = serving.room()
    room.patient.name = "<img src=x onerror=alert(1)> " + "Keller" * 10
    elena, anna = company.clinician(room), company.patient(room)
    anna.joins()
    expect(elena.get("waiting-card")).to_contain_text("<img src=x")
    elena.admits()
    elena.has_state("connected")
    assert elena.page.locator("img").count() == 0
    assert elena.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_demo_says_so_on_every_page(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna = company.patient(room)
    anna.get("join").wait_for()
    expect(anna.get("demo")).to_have_count(0)
    serving.demo, serving.language = True, "es"  # its words are the longest
    try:
        anna.page.reload()
        anna.goes(serving.link(room))
        anna.get("emergency").wait_for()
        mark = anna.page.locator(".top").get_by_test_id("demo")
        expect(mark).to_have_text("DEMO")
        box = mark.bounding_box()
        assert box is not None
        assert box["height"] < 40  # in one line
        anna.joins("none")
        elena = company.clinician(room)
        elena.admits()
        for one in (elena, anna):
            one.has_state("connected")
            one.page.locator(".stage").get_by_test_id("demo").wait_for()
            assert_accessible(one)
    finally:
        serving.demo, serving.language = False, "en"


def test_what_is_printed_are_the_plain_facts(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    for one, instead in ((elena, "the timeline from the chart"), (anna, "a summary, you can print it")):
        one.get("emergency").wait_for()
        one.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        one.page.emulate_media(media="print")
        sheet = one.page.locator("body").inner_text()
        for words in ("Video visit", "Test practice, 91 555 01 23", "Dr Elena Ruiz, Anna Keller", instead):
            assert words in sheet
        assert "Emergency" not in sheet
        expect(one.get("remote-video")).to_be_hidden()


def test_a_new_message_floats_up_without_a_name(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    elena.get("chat").click()
    elena.get("chat-input").fill("How is the knee?")
    elena.get("chat-send").click()
    expect(anna.page.locator(".notice")).to_have_text("A new message")
    expect(elena.page.locator(".notice")).to_be_hidden()
