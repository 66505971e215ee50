"""The call itself: two browsers see and hear each other, whatever happens to the line or the page."""

from playwright.sync_api import expect

from tests.visits import shell_people
from tests.visits.shell_people import DESK, PHONE, People, Person
from tests.visits.shell_server import ShellServer

serving = shell_people.serving
company = shell_people.company


def test_both_see_and_hear_each_other(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room(), full=True)
    for one in (elena, anna):
        before = one.colour()
        assert before[1] > before[0] + 20  # the test camera is green
        one.until("document.querySelector('[data-testid=remote-video]').videoWidth > 0")
        colours: set[tuple[float, ...]] = set()
        while len(colours) < 3:
            one.keeps_seeing(3)
            colours.add(tuple(round(part, 2) for part in one.colour()))
        assert one.loudness() > 0.01
    expect(elena.get("remote-video")).to_have_attribute("data-person", "Anna Keller")
    expect(anna.get("remote-video")).to_have_attribute("data-person", "Dr Elena Ruiz")


def test_the_politer_side_may_be_either(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room(clinician_first=False))
    for one in (elena, anna):
        one.keeps_seeing()


def test_it_says_what_it_sees(serving: ShellServer, company: People) -> None:
    elena, _anna = company.pair(serving.room())
    [seen] = elena.page.evaluate("telepraxis.stats()")
    assert seen["person"] == "Anna Keller"
    assert seen["state"] == "connected"
    assert seen["candidateType"] in ("host", "prflx")
    everybody = elena.page.evaluate("telepraxis.participants")
    assert {(one["person"], one["kind"]) for one in everybody} == {
        ("Dr Elena Ruiz", "clinician"),
        ("Anna Keller", "patient"),
    }
    expect(elena.get("quality")).to_have_text("Good")
    expect(elena.get("path")).to_have_text("Directly between your devices")
    expect(elena.get("timer")).to_contain_text("00:")


def test_a_reload_returns_by_itself(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    for reloading, staying in ((anna, elena), (elena, anna)):
        reloading.page.reload()
        reloading.has_state("connected")
        staying.has_state("connected")
        reloading.keeps_seeing()
        staying.keeps_seeing()


# The first socket of a page is lost before it has said anything.
LOST = """
    sessionStorage.setItem('telepraxis.admit', location.pathname.includes('/call') ? '{seat}' : '');
    const whole = window.WebSocket;
    window.WebSocket = class extends whole {{
        constructor(...address) {{
            super(...address);
            window.WebSocket = whole;
            window.lost = true;
            this.close();
        }}
    }};
"""


def test_a_first_word_that_is_lost_is_said_again(serving: ShellServer, company: People) -> None:
    """Somebody was let in on the page before: the page comes with that word, on whichever of its sockets."""
    room = serving.room()
    anna = company.patient(room)
    anna.joins()
    anna.has_state("waiting")
    elena = company.person()
    elena.context.add_init_script(LOST.format(seat=room.patient.id))
    elena.goes(serving.desk(room))
    assert elena.page.evaluate("window.lost")
    for one in (elena, anna):
        one.has_state("connected")
    elena.faults = [fault for fault in elena.faults if "closed before the connection" not in fault]


def test_a_dropped_socket_leaves_the_picture_alone(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    anna.page.evaluate("document.querySelector('[data-testid=remote-video]').marked = true")
    for seat in (room.patient, room.clinician):
        before = seat.socket
        serving.call(room.drop(seat))
        anna.keeps_seeing()
        elena.keeps_seeing()
        assert elena.page.evaluate("telepraxis.participants.length") == 2
        assert seat.socket is not before
    assert anna.page.evaluate("document.querySelector('[data-testid=remote-video]').marked")


def test_a_restarted_server_leaves_the_picture_alone(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    for one in (elena, anna):
        one.watches_gaps()
    serving.stop()
    anna.keeps_seeing()
    serving.start()
    serving.restart()
    for one in (elena, anna):
        one.keeps_seeing()
        one.has_state("connected")
        assert one.page.evaluate("gap") < 2000
    elena.until("telepraxis.participants.every((one) => one.state !== 'away')")
    anna.get("chat").click()
    anna.get("chat-input").fill("Still here")
    anna.get("chat-send").click()
    elena.get("chat").click()
    expect(elena.get("chat-log")).to_contain_text("Still here")


def test_a_second_device_takes_over_and_back(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    tablet = company.patient(room)
    tablet.joins()
    anna.has_state("replaced")
    expect(anna.page.get_by_role("heading", name="You continued on another device")).to_be_focused()
    assert anna.page.evaluate("document.querySelector('[data-testid=self-video]').srcObject") is None
    elena.has_state("connected")
    tablet.has_state("connected")
    anna.get("use-here").click()
    tablet.has_state("replaced")
    anna.has_state("connected")
    elena.keeps_seeing()


def test_muting_and_a_camera_that_is_off_are_seen(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    tile = elena.page.locator(".tile")
    anna.get("mute").click()
    tile.get_by_text("Muted").wait_for()
    anna.page.evaluate(
        "window.track = document.querySelector('[data-testid=self-video]').srcObject.getTracks()[0]"
    )
    anna.get("camera").click()
    tile.get_by_text("Camera is off").wait_for()
    assert anna.page.evaluate("track.readyState") == "ended"
    anna.get("mute").click()
    anna.get("camera").click()
    expect(tile.get_by_text("Muted")).to_be_hidden()
    expect(tile.get_by_text("Camera is off")).to_be_hidden()
    elena.keeps_seeing()


def test_a_muted_microphone_stays_muted_after_a_reload(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    anna.get("mute").click()
    elena.page.locator(".tile").get_by_text("Muted").wait_for()
    anna.page.reload()
    anna.has_state("connected")
    expect(anna.get("mute")).to_have_attribute("aria-label", "Unmute the microphone")
    assert room.patient.microphone is False


def test_a_message_survives_the_drop_it_was_written_in(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room, size=PHONE)
    room.deaf.add(room.patient.id)
    anna.get("chat").click()
    anna.get("chat-input").fill("Can you hear me?")
    anna.page.keyboard.press("Enter")
    expect(anna.get("chat-log")).to_contain_text("sending")
    room.deaf.clear()
    serving.call(room.drop(room.patient))
    expect(anna.get("chat-log")).to_contain_text("sent")
    expect(elena.get("chat")).to_have_attribute("aria-label", "Chat, 1 unread message")
    assert elena.page.title().startswith("• ")
    assert "Anna" not in elena.page.title()
    elena.get("chat").click()
    expect(elena.get("chat-log").locator("li")).to_have_count(1)
    expect(elena.get("chat-log")).to_contain_text("Can you hear me?")
    assert len(room.chat) == 1


def test_leaving_is_not_finishing(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    anna.get("leave").click()
    anna.has_state("left")
    elena.page.get_by_text("Anna Keller has left and can return.").wait_for()
    anna.get("rejoin").click()
    anna.has_state("connected")
    elena.has_state("connected")
    elena.get("leave").click()
    elena.has_state("left")
    elena.get("rejoin").click()
    elena.has_state("connected")
    anna.keeps_seeing()


def test_chat_stands_beside_the_picture_where_there_is_room(serving: ShellServer, company: People) -> None:
    elena, anna = company.pair(serving.room())
    anna.get("chat").click()
    anna.get("chat-input").fill("Good morning")
    anna.get("chat-send").click()
    elena.get("chat-log").wait_for()
    expect(elena.get("chat-log")).to_contain_text("Good morning")
    elena.get("panel").wait_for()


def test_finishing_goes_on_by_itself_and_can_be_taken_back(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.person(), company.patient(room)
    elena.page.clock.install()
    elena.goes(serving.desk(room))
    anna.joins("none")
    elena.admits()
    elena.has_state("connected")
    elena.get("finish").click()
    elena.page.clock.fast_forward(3000)
    elena.page.keyboard.press("Escape")
    elena.get("finish").click()
    elena.page.clock.fast_forward(2000)
    elena.has_state("connected")  # the time of the one taken back does not count
    elena.page.clock.fast_forward(2500)
    elena.has_state("finished")
    anna.has_state("finished")


def test_only_the_clinician_finishes(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    expect(anna.get("finish")).to_have_count(0)
    elena.get("finish").click()
    expect(elena.page.get_by_role("dialog")).to_contain_text("the visit ends for Anna Keller")
    elena.page.keyboard.press("Escape")
    expect(elena.get("finish")).to_be_focused()
    elena.get("finish").click()
    elena.get("finish-confirm").click()
    for one in (elena, anna):
        one.has_state("finished")
        expect(one.page.get_by_role("heading", name="The visit is finished")).to_be_focused()
    elena.get("panel").wait_for()
    elena.get("home").wait_for()
    anna.page.get_by_text("all the best from Dr Elena Ruiz").wait_for()
    anna.page.reload()
    anna.page.get_by_role("heading", name="This visit is finished").wait_for()


def test_three_people_meet(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    guest = company.patient(room, room.guest("Ben Keller"), size=DESK)
    guest.joins("none")
    elena.admits()
    for one in (elena, anna, guest):
        one.until(
            "telepraxis.stats().then((all) => all.length === 2 && all.every((o) => o.state === 'connected'))"
        )
    guest.keeps_seeing()
    expect(guest.get("remote-video")).to_have_count(2)


def test_four_people_see_and_hear_each_other(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    julia = company.patient(room, room.guest("Julia Keller", "relative"))
    ines = company.patient(room, room.guest("Ines Costa", "interpreter"))
    for guest in (julia, ines):
        guest.joins()
        elena.admits()
    everybody = (elena, anna, julia, ines)
    for one in everybody:
        one.until(
            "telepraxis.stats().then((all) => all.length === 3 && all.every((o) => o.state === 'connected'))"
        )
        before = {other["person"]: other for other in one.page.evaluate("telepraxis.stats()")}
        assert len(before) == 3
        for person, other in before.items():
            frames, sound = other["framesDecoded"] + 5, other["soundPackets"] + 20
            one.until(
                f"telepraxis.stats().then((all) => all.some((o) => o.person === '{person}'"
                f" && o.framesDecoded >= {frames} && o.soundPackets >= {sound}))"
            )
        expect(one.get("remote-video")).to_have_count(3)


def test_what_the_panel_has_not_saved_survives_its_reload(serving: ShellServer, company: People) -> None:
    elena, _anna = company.pair(serving.room())
    note = elena.panel().get_by_label("Note")
    note.fill("Feels well")
    elena.page.evaluate("document.querySelector('[data-testid=panel]').contentWindow.location.reload()")
    expect(elena.panel().get_by_label("Note")).to_have_value("Feels well")
    frame = elena.page.frames[1]
    frame.evaluate("saved()")
    elena.page.evaluate("document.querySelector('[data-testid=panel]').contentWindow.location.reload()")
    expect(elena.panel().get_by_label("Note")).to_have_value("")
    elena.page.evaluate("postMessage({ telepraxis: 'signed-out' }, location.origin)")
    elena.keeps_seeing()  # a message that is not the panel's changes nothing
    elena.page.frames[1].evaluate("parent.postMessage({ telepraxis: 'signed-out' }, location.origin)")
    elena.get("signed-out").wait_for()
    expect(elena.get("signed-out")).to_be_hidden()  # this practice has nobody signed out
    elena.panel().get_by_label("Note").wait_for()
    elena.keeps_seeing()


def test_the_line_breaks_and_heals(serving: ShellServer, company: People) -> None:
    """ICE is told to look disconnected: loopback cannot be cut."""
    room = serving.room()
    anna = failing(company, serving.link(room))
    anna.joins()
    elena = company.clinician(room)
    elena.admits()
    anna.has_state("connected")
    elena.has_state("connected")
    links = anna.page.evaluate("links")
    breaks(anna, "disconnected")
    anna.page.clock.fast_forward(1000)
    anna.has_state("connected")
    anna.page.clock.fast_forward(2000)
    anna.has_state("reconnecting")
    expect(anna.page.locator(".trouble")).to_have_text("Reconnecting…")
    assert anna.page.evaluate("restarts") == 1
    assert anna.page.evaluate("links") == links  # so far the same link, and its last picture beneath
    assert anna.page.evaluate("document.querySelector('[data-testid=remote-video]').videoWidth") > 0
    anna.page.clock.fast_forward(8000)
    # A full re-join, and what was seen last stays in sight until there is something new.
    anna.until(f"links === {links + 1} && document.querySelector('.tile .frozen').checkVisibility()")
    anna.page.clock.fast_forward(60_000)
    anna.has_state("lost")
    anna.page.get_by_role("link", name="Call 91 555 01 23").wait_for()
    anna.page.evaluate("() => { faked = null; document.querySelector('[data-testid=try-again]').click(); }")
    for one in (anna, elena):
        one.has_state("connected")
        one.keeps_seeing()


def test_after_a_minute_both_sides_see_the_number(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna, elena = failing(company, serving.link(room)), failing(company, serving.desk(room))
    anna.joins()
    elena.admits()
    for one in (anna, elena):
        one.has_state("connected")
    for one in (anna, elena):
        breaks(one, "disconnected")
        one.page.clock.fast_forward(63_000)
    for one, number in ((anna, "91 555 01 23"), (elena, "+34 600 111 222")):
        one.has_state("lost")
        one.page.get_by_role("link", name=f"Call {number}").wait_for()


def failing(company: People, url: str) -> Person:
    """Somebody whose ICE can be told what to look like, and whose clock can be pushed."""
    person = company.person()
    person.context.add_init_script(FAILING)
    person.page.clock.install()
    person.goes(url)
    return person


def test_a_browser_that_refuses_sound_asks_for_a_tap(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.person()
    anna.context.add_init_script(MUTE_UNTIL_TAPPED)
    anna.goes(serving.link(room))
    anna.joins()
    elena.admits()
    anna.page.get_by_role("button", name="Tap to hear").click()
    expect(anna.page.get_by_role("button", name="Tap to hear")).to_be_hidden()
    anna.has_state("connected")


def test_who_vanishes_and_returns_is_found_again(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room)
    anna.page.goto("about:blank")
    elena.until("telepraxis.participants.some((one) => one.state === 'away')")
    anna.goes(f"{serving.url}/join/{room.id}")
    anna.has_state("connected")
    elena.has_state("connected")
    elena.keeps_seeing()


MUTE_UNTIL_TAPPED = """
const play = HTMLMediaElement.prototype.play;
let tapped = false;
addEventListener('click', (event) => { tapped ||= Boolean(event.target.closest('.hear')); }, true);
HTMLMediaElement.prototype.play = function () {
    if (tapped || this.muted) return play.call(this);
    return Promise.reject(new DOMException('not yet', 'NotAllowedError'));
};
"""

FAILING = """
window.faked = null;
window.restarts = 0;
window.links = 0;
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...all) { super(...all); window.latest = this; window.links += 1; }
    get iceConnectionState() { return window.faked ?? super.iceConnectionState; }
    restartIce() { window.restarts += 1; super.restartIce(); }
};
"""


def breaks(person: Person, state: str) -> None:
    person.page.evaluate(f"faked = '{state}', latest.oniceconnectionstatechange()")


def test_a_word_that_the_line_swallowed_can_be_said_again(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna = company.patient(room)
    anna.joins()
    anna.get("cannot-wait").locator("summary").click()
    anna.get("call-off").click()
    room.deaf.add(room.patient.id)
    button = anna.get("call-off-yes")
    button.click()
    expect(button).to_be_disabled()
    serving.call(room.drop(room.patient))
    room.deaf.clear()
    expect(button).to_be_enabled()
    expect(anna.page.locator(".notice")).to_have_text("That is not possible just now.")
