"""What the visit offers beside picture and sound, between real browsers."""

from playwright.sync_api import Route, expect

from tests.visits import shell_people
from tests.visits.days import legible
from tests.visits.shell_people import DESK, PHONE, People
from tests.visits.shell_server import ShellServer
from tests.visits.test_shell_aids import furnished
from tests.visits.test_shell_look import assert_accessible

serving = shell_people.serving
company = shell_people.company


def test_large_words_are_read_while_they_are_typed(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    furnished(elena, anna)
    elena.get("captions-toggle").click()
    elena.get("caption-input").press_sequentially("Take a deep breath")
    words = anna.get("captions")
    expect(words).to_have_text("Take a deep breath")
    box, picture = words.bounding_box(), anna.page.locator(".tile").bounding_box()
    assert box is not None and picture is not None
    assert box["y"] >= picture["y"] + picture["height"] - 1  # below the picture, never over a face
    assert (
        anna.page.evaluate("parseFloat(getComputedStyle(document.querySelector('.read p')).fontSize)") >= 24
    )
    assert_accessible(elena, anna)
    elena.page.keyboard.press("Enter")
    expect(elena.get("caption-input")).to_have_value("")
    expect(words).to_have_text("Take a deep breath")
    anna.page.reload()
    expect(words).to_have_text("Take a deep breath")
    elena.page.keyboard.press("Escape")
    expect(words).to_be_hidden()


def test_the_patient_types_large_words_too(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room(), size=PHONE)
    furnished(elena, anna)
    anna.get("more").click()
    anna.page.get_by_label("Type large words for the others").check()
    anna.get("caption-input").fill("I cannot hear you")
    expect(elena.get("captions")).to_have_text("I cannot hear you")


def test_a_visit_in_writing_alone(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.patient(room)
    anna.joins("text")
    elena.admits()
    elena.has_state("connected")
    anna.has_state("connected")
    anna.get("chat-input").wait_for()
    elena.page.locator(".tile").get_by_text("Anna Keller takes part in writing").wait_for()
    anna.get("chat-input").fill("I would rather write")
    anna.get("chat-send").click()
    elena.get("chat").click()
    expect(elena.get("chat-log")).to_contain_text("I would rather write")
    anna.page.reload()
    anna.get("chat-input").wait_for()
    assert anna.page.evaluate("document.querySelector('[data-testid=self-video]').srcObject") is None


def test_a_visit_goes_on_in_writing(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    furnished(anna)
    anna.get("more").click()
    anna.page.get_by_label("Take part in writing only").check()
    anna.get("chat-input").wait_for()
    elena.page.locator(".tile").get_by_text("Anna Keller takes part in writing").wait_for()


def test_one_more_person_by_link_is_listed_with_their_role(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    furnished(elena, anna)
    elena.get("people").click()
    elena.get("guest-add").click()
    expect(elena.get("people-box")).to_contain_text("Type the name of whom you invite.")
    elena.get("guest-name").fill("Ines Costa")
    elena.get("guest-role").select_option("interpreter")
    elena.get("guest-add").click()
    link = elena.get("guest-link").input_value()
    elena.page.evaluate(
        "() => { navigator.clipboard.writeText = () => Promise.reject(new Error('refused')); }"
    )
    elena.get("guest-copy").click()
    expect(elena.get("guest-copy")).to_have_text("Not copied: select the text and copy it")
    assert_accessible(elena)
    ines = company.person(size=PHONE)
    ines.goes(link)
    ines.joins("none")
    elena.page.keyboard.press("Escape")
    elena.admits()
    anna.get("more").click()
    for one, button in ((elena, "people"), (anna, "people")):
        one.get(button).click()
        row = one.get("person").filter(has_text="Ines Costa")
        expect(row).to_contain_text("interpreter · in the visit")
    expect(anna.get("person-remove")).to_have_count(0)
    expect(anna.page.locator(".tile").filter(has_text="Ines Costa")).to_contain_text("interpreter")
    remove = elena.get("person-remove")
    remove.click()
    expect(remove).to_have_text("Really show out?")
    anna.page.keyboard.press("Escape")
    anna.get("mute").click()
    elena.page.locator(".tile").get_by_text("Muted").first.wait_for()
    expect(remove).to_have_text("Really show out?")  # whatever happens in the visit meanwhile
    remove.click()
    ines.has_state("removed")
    expect(elena.get("person").filter(has_text="Ines Costa")).to_have_count(0)


def test_who_waits_elsewhere_is_a_dot_and_no_more(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, _anna = company.pair(room)
    room.elsewhere = True
    serving.call(room.tell_state())
    elena.until("document.title.startsWith('• ')")
    assert elena.page.title() == "• Visit – Telepraxis"
    room.elsewhere = False
    serving.call(room.tell_state())
    elena.until("!document.title.startsWith('• ')")


def test_the_data_that_a_visit_uses_is_told(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.person()
    anna.page.clock.install()
    anna.goes(serving.link(room))
    anna.joins()
    elena.admits()
    anna.has_state("connected")
    furnished(anna)
    anna.page.clock.fast_forward(6000)
    anna.keeps_seeing()
    anna.page.clock.fast_forward(30_000)
    anna.keeps_seeing()
    anna.get("more").click()
    anna.page.get_by_text("MB for half an hour").wait_for()


def test_a_device_is_changed_without_a_break(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    elena.watches_gaps()
    before = anna.page.evaluate(
        "document.querySelector('[data-testid=self-video]').srcObject.getTracks()[0].id"
    )
    anna.get("more").click()
    for kind in ("camera", "microphone", "speaker"):
        picker = anna.page.locator(".popover").get_by_test_id(f"{kind}-picker")
        expect(picker.locator("option").first).not_to_have_text("None found")
        picker.evaluate("(list) => list.dispatchEvent(new Event('change'))")
    anna.until(
        f"document.querySelector('[data-testid=self-video]').srcObject.getTracks()[0].id !== '{before}'"
    )
    elena.keeps_seeing(20)
    gap = elena.page.evaluate("gap")
    print(f"\nlongest pause between two pictures while the camera was changed: {gap:.0f} ms")
    assert gap < 2000
    assert elena.loudness() > 0.01
    expect(elena.page.locator(".tile").get_by_text("Camera is off")).to_be_hidden()


def test_what_comes_later_joins_the_menu_that_is_open(serving: ShellServer, company: People) -> None:
    elena, anna = company.clinician(room := serving.room()), company.patient(room)
    held: list[Route] = []
    anna.page.route("**/shell/extras.js*", lambda route: held.append(route))
    anna.joins()
    elena.admits()
    anna.has_state("connected")
    anna.get("more").click()
    anna.get("keys").wait_for()
    while not held:
        anna.page.wait_for_timeout(20)  # in which what the page asked for is heard of
    expect(anna.get("captions-open")).to_have_count(0)
    held[0].continue_()
    anna.get("captions-open").wait_for()
    anna.get("keys").wait_for()


LATE_WORD = """() => {
    const send = WebSocket.prototype.send;
    window.late = 0;
    WebSocket.prototype.send = function (words) {
        const late = String(words).includes('"screen":true');
        window.late += late;
        setTimeout(() => send.call(this, words), late ? 1500 : 0);
    };
}"""


def test_a_screen_is_shared_beside_a_face_that_stays(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    furnished(elena, anna)
    expect(anna.get("share-screen")).to_be_hidden()  # in a narrow window it waits under *More*
    anna.get("more").click()
    anna.get("share-screen").wait_for()
    anna.page.keyboard.press("Escape")
    elena.get("share-screen").click()
    elena.get("sharing").wait_for(timeout=15_000)
    screen = anna.get("screen-video")
    screen.wait_for(timeout=15_000)
    anna.until("document.querySelector('[data-testid=screen-video]').videoWidth > 0")
    anna.get("remote-video").wait_for()
    big, small = screen.bounding_box(), anna.get("remote-video").bounding_box()
    assert big is not None and small is not None
    assert small["width"] < big["width"] / 2
    anna.get("quality").wait_for()
    for side, sizes in ((anna, (DESK, PHONE)), (elena, (PHONE, DESK))):
        for size in sizes:
            side.page.set_viewport_size(size)
            legible(side.page)
    assert_accessible(elena, anna)
    # Whoever comes back finds it again, and who looked away as well.
    anna.page.reload()
    anna.has_state("connected")
    screen.wait_for(timeout=15_000)
    anna.until("document.querySelector('[data-testid=screen-video]').videoWidth > 0")
    elena.get("stop-sharing").click()
    expect(screen).to_have_count(0)
    expect(elena.get("sharing")).to_be_hidden()
    # The word that a screen is shared may be slower than the screen.
    elena.page.evaluate(LATE_WORD)
    elena.get("share-screen").click()
    screen.wait_for(timeout=15_000)
    assert elena.page.evaluate("late") > 0
    anna.keeps_seeing()


def test_nothing_is_told_by_name_while_a_screen_is_shared(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    furnished(elena, anna)
    elena.get("share-screen").click()
    elena.get("sharing").wait_for(timeout=15_000)
    ben = company.patient(room, room.guest("Ben Secret", "relative"))
    ben.joins("none")
    card = elena.get("waiting-card")
    card.wait_for()
    expect(card).to_contain_text("Somebody is waiting")
    assert "Ben" not in elena.page.locator("main").inner_text()
    assert "Ben" not in elena.page.title()
    serving.next = {"visit": "v1", "name": "Carla Secret"}
    try:
        elena.get("finish").click()
        expect(elena.get("finish-next")).to_have_text("Finish and next")
        elena.page.keyboard.press("Escape")
        elena.get("stop-sharing").click()
        elena.get("finish").click()
        expect(elena.get("finish-next")).to_have_text("Finish and next: Carla Secret")
        elena.page.keyboard.press("Escape")
    finally:
        serving.next = None


def test_a_microphone_is_changed_without_a_break(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    elena.until("telepraxis.stats().then(([one]) => one.soundPackets > 50)")
    elena.page.evaluate(
        """() => {
            window.silence = 0;
            window.sound = 0;
            let last = performance.now();
            const look = async () => {
                const [{ soundPackets }] = await telepraxis.stats();
                const now = performance.now();
                if (soundPackets > window.sound) last = now;
                window.sound = soundPackets;
                window.silence = Math.max(window.silence, now - last);
                setTimeout(look, 10);
            };
            look();
        }"""
    )
    anna.get("more").click()
    picker = anna.page.locator(".popover").get_by_test_id("microphone-picker")
    expect(picker.locator("option").nth(1)).to_be_attached()
    before = picker.input_value()
    other = next(
        value
        for value in picker.locator("option").evaluate_all("(all) => all.map((one) => one.value)")
        if value not in (before, "default")
    )
    picker.select_option(other)
    anna.until(f"localStorage.getItem('telepraxis.microphone') === '{other}'")
    heard = elena.page.evaluate("sound")
    elena.until(f"sound > {heard} + 100")
    silence = elena.page.evaluate("silence")
    print(f"\nlongest pause in the sound while the microphone was changed: {silence:.0f} ms")
    assert silence < 1000
    assert elena.loudness() > 0.01


def test_the_screen_stays_awake_from_the_waiting_room_to_the_end(
    serving: ShellServer, company: People
) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.person(size=PHONE)
    anna.context.add_init_script(WAKE_LOCK)
    anna.goes(serving.link(room))
    anna.get("join").wait_for()
    assert anna.page.evaluate("locks.length") == 0
    anna.joins()
    anna.until("locks.length === 1 && !locks[0].released")
    anna.page.evaluate("() => { locks[0].release(); document.dispatchEvent(new Event('visibilitychange')); }")
    anna.until("locks.length === 2 && !locks[1].released")  # the browser lets go of it in the background
    elena.admits()
    anna.has_state("connected")
    anna.page.evaluate(
        """() => {
            window.late = new Promise((come) => (window.come = come));
            locks[1].release();
            for (const _ of 'ab') document.dispatchEvent(new Event('visibilitychange'));
        }"""
    )
    elena.get("finish").click()
    elena.get("finish-confirm").click()
    anna.has_state("finished")
    anna.page.evaluate("come()")  # the one that was asked for twice comes when all is over
    anna.until("locks.length === 3 && locks.every((lock) => lock.released)")


WAKE_LOCK = """
window.locks = [];
Object.defineProperty(navigator, 'wakeLock', { value: { request: async (kind) => {
    await window.late;
    const lock = { kind, released: false, release: async () => { lock.released = true; } };
    locks.push(lock);
    return lock;
} } });
"""


def test_the_other_s_picture_floats_above_other_programs(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.person()
    anna.context.add_init_script(
        """window.floated = [];
        Object.defineProperty(Document.prototype, 'pictureInPictureEnabled', { get: () => true });
        HTMLVideoElement.prototype.requestPictureInPicture = async function () { floated.push(this.dataset.person); };
        """
    )
    anna.goes(serving.link(room))
    anna.joins()
    elena.admits()
    anna.sees()
    furnished(anna)
    anna.get("more").click()
    anna.get("float").click()
    anna.until("floated.length === 1")
    assert anna.page.evaluate("floated") == ["Dr Elena Ruiz"]
    expect(anna.get("float")).to_be_hidden()  # the box has closed
