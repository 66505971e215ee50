# ruff: noqa: E501  # user agents are as long as they are
"""The check before a visit: camera, microphone, sound and line; what it tells the practice; other apps' browsers."""

import pytest
from playwright.sync_api import Browser, expect

from tests.visits import shell_people
from tests.visits.shell_people import PHONE, People, Person
from tests.visits.shell_server import ShellServer
from tests.visits.test_shell_door import denying
from tests.visits.test_shell_look import assert_accessible, plain, pseudo

serving = shell_people.serving
company = shell_people.company
denying = denying
pseudo = pseudo


def goes_through(anna: Person) -> None:
    anna.get("check-camera").click()
    anna.get("check-microphone").click()
    anna.get("check-play").click()
    anna.get("check-sound").click()
    expect(anna.get("check")).to_have_attribute("data-step", "done")


def test_from_the_waiting_room_to_the_clinicians_words(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.patient(room)
    anna.joins()
    anna.get("test-again").click()
    anna.get("self-video").wait_for()
    assert_accessible(anna)
    goes_through(anna)
    result = anna.get("device-result")
    expect(result).to_contain_text("Camera works")
    expect(result).to_contain_text("You hear us")
    expect(result).to_contain_text("good for picture and sound", timeout=15_000)
    assert_accessible(anna)
    anna.get("check-done").click()
    anna.get("waiting-status").wait_for()
    told = elena.get("waiting-card").get_by_test_id("device-result")
    expect(told).to_contain_text("camera and microphone ok")
    expect(told).to_contain_text("bit/s")
    expect(told).to_contain_text("Chrome on Linux")
    assert room.patient.device is not None
    network = room.patient.device["network"]
    print(f"\nnetwork on loopback: {network}")
    assert network["up_kbit"] > 1000
    assert network["down_kbit"] > 1000
    assert (network["relay"], room.patient.device["sound"]) == ("unset", "ok")


def test_the_line_is_tried_in_silence_by_who_skips_the_check(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.patient(room)
    anna.joins()
    expect(elena.get("waiting-card").get_by_test_id("device-result")).to_contain_text("bit/s", timeout=20_000)


def test_at_the_door_nothing_runs_after_the_check(serving: ShellServer, company: People) -> None:
    room = serving.room(status="early")
    anna = company.patient(room)
    anna.get("check-open").click()
    anna.page.evaluate("window.tracks = []")
    anna.get("check-camera").wait_for()
    anna.page.evaluate("tracks = document.querySelector('[data-testid=self-video]').srcObject.getTracks()")
    goes_through(anna)
    result = anna.get("device-result")
    expect(result).to_contain_text("bit/s: good for picture and sound")
    expect(result).to_contain_text("shows when the call begins")
    expect(result).to_contain_text("What you send is tested once you have joined.")
    assert_accessible(anna)
    anna.get("check-done").click()
    anna.get("check-open").wait_for()
    assert anna.page.evaluate("tracks.every((track) => track.readyState === 'ended')")
    assert room.patient.state == "invited"


def test_it_can_be_skipped_at_every_step(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room())
    anna.joins()
    for step in ("see", "speak", "hear", "done"):
        anna.get("test-again").click()
        for button in ("check-camera", "check-microphone", "check-sound"):
            if anna.get("check").get_attribute("data-step") == step:
                break
            anna.get(button).click()
        anna.get("check-skip").click()
        anna.get("waiting-status").wait_for()


def test_who_is_let_in_meanwhile_is_in(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.patient(room)
    anna.joins()
    anna.get("test-again").click()
    anna.get("check-camera").wait_for()
    elena.admits()
    anna.has_state("connected")
    expect(anna.get("check")).to_have_count(0)
    anna.get("self-video").wait_for()


def test_who_came_without_a_camera_is_not_asked_for_one(serving: ShellServer, company: People) -> None:
    anna = company.person(size=PHONE)
    anna.context.add_init_script(
        "window.asked = []; const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        "navigator.mediaDevices.getUserMedia = (wish) => { asked.push({...wish}); return real(wish); };"
    )
    anna.goes(serving.link(serving.room()))
    anna.joins("microphone")
    anna.get("test-again").click()
    anna.get("check-microphone").wait_for()
    assert anna.page.evaluate("asked.every((wish) => !wish.video)")


def test_a_silent_patient_is_told_of(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.clinician(room), company.patient(room)
    anna.joins()
    anna.get("test-again").click()
    anna.get("check-camera").click()
    anna.get("check-microphone").click()
    anna.get("check-sound-no").click()
    anna.get("check-sound-without").click()
    expect(elena.get("waiting-card")).to_contain_text("does not hear us")


@pytest.mark.parametrize(
    ("agent", "family", "words"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
            "chrome",
            "start of the address",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "edge",
            "Permissions for this site",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "firefox",
            "crossed-out camera",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
            "safari-phone",
            "Website Settings",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
            "safari-mac",
            "Settings for this website",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36",
            "samsung",
            "Permissions",
        ),
        (
            "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
            "android",
            "Permissions",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
            "app-phone",
            "Scroll down to Chrome",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/127.0 Mobile/15E148 Safari/605.1.15",
            "app-phone",
            "Scroll down to Firefox",
        ),
    ],
    ids=lambda value: value if " " not in value else "",
)
def test_who_denied_is_shown_their_own_browser(
    serving: ShellServer, denying: Browser, agent: str, family: str, words: str
) -> None:
    people = People(serving, denying)
    anna = people.patient(serving.room(), permissions=[], user_agent=agent)
    anna.joins()
    help_ = anna.get("permission-help")
    expect(help_).to_have_attribute("data-family", family)
    expect(help_).to_contain_text(words)
    help_.locator("svg.window").wait_for()
    if family in ("chrome", "safari-phone", "app-phone"):
        assert_accessible(anna)
        anna.get("test-again").click()
        anna.get("check").get_by_test_id("permission-help").wait_for()
        anna.get("check-without").click()
        anna.get("check-play").wait_for()
    people.leave()


def test_the_tones_come_from_the_loudspeaker_that_was_chosen(serving: ShellServer, company: People) -> None:
    anna = company.person(size=PHONE)
    anna.context.add_init_script(
        """window.sinks = [];
        const sink = HTMLMediaElement.prototype.setSinkId;
        HTMLMediaElement.prototype.setSinkId = function (id) {
            sinks.push([this instanceof HTMLAudioElement && this.srcObject.getAudioTracks().length, id]);
            return sink.call(this, id);
        };"""
    )
    anna.goes(serving.link(serving.room()))
    anna.joins()
    anna.get("test-again").click()
    anna.get("check-camera").click()
    anna.get("check-microphone").click()
    anna.get("check-sound-no").click()
    picker = anna.get("check").get_by_test_id("speaker-picker")
    chosen = picker.locator("option").last.get_attribute("value")
    assert chosen not in (None, "default")
    picker.select_option(chosen)
    anna.get("check-play").click()
    assert anna.page.evaluate("sinks.at(-1)") == [1, chosen]


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/126.0 Mobile Safari/537.36"
AGENTS = [
    (f"{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/468.0;FBBV/600;FBDV/iPhone15,2]", "Facebook"),
    (f"{ANDROID} [FB_IAB/FB4A;FBAV/468.0.0.44;]", "Facebook"),
    (f"{IPHONE} Mobile/15E148 [FBAN/MessengerForiOS;FBAV/460.0]", "Messenger"),
    (f"{ANDROID} [FB_IAB/Orca-Android;FBAV/460.0.0;]", "Messenger"),
    (f"{IPHONE} Mobile/21F90 Instagram 336.0.0 (iPhone15,2; iOS 17_5)", "Instagram"),
    (f"{ANDROID} Instagram 336.0.0.35.90 Android", "Instagram"),
    (f"{IPHONE} Mobile/15E148 WhatsApp/2.24.12", "WhatsApp"),
    (f"{ANDROID} XWEB/1160117 MicroMessenger/8.0.49 Language/zh_CN", "WeChat"),
    (f"{IPHONE} Mobile/15E148 MicroMessenger/8.0.49 NetType/WIFI Language/en", "WeChat"),
    (f"{IPHONE} Mobile/15E148 Safari Line/14.9.0", "LINE"),
    (f"{ANDROID} Line/14.9.1/IAB", "LINE"),
    (f"{ANDROID} Telegram-Android/10.14.5 (Google Pixel 8; Android 14)", "Telegram"),
    (f"{IPHONE} Mobile/15E148 Outlook-iOS/711.2.0", "Outlook"),
    (f"{ANDROID} PKeyAuth/1.0 Outlook-Android/4.2420", "Outlook"),
    (f"{IPHONE} GSA/320.0.6 Mobile/15E148 Safari/604.1", "Google"),
    (f"{IPHONE} Mobile/15E148 [LinkedInApp]/9.29", "LinkedIn"),
    (f"{IPHONE} Mobile/15E148", "app"),
    (ANDROID, "app"),
    (f"{IPHONE} Version/17.5 Mobile/15E148 Safari/604.1", ""),
    (f"{IPHONE} CriOS/126.0 Mobile/15E148 Safari/604.1", ""),
    (f"{IPHONE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15", ""),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
        "",
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0 Mobile Safari/537.36",
        "",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
        "",
    ),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", ""),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
        "",
    ),
    (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
        "",
    ),
]


def test_the_browsers_of_other_apps_are_known(serving: ShellServer, company: People) -> None:
    anna = company.patient(serving.room())
    found: list[str] = anna.page.evaluate(
        """async (agents) => {
            const { inApp } = await import('/shell/browser.js');
            return agents.map((agent) => inApp(agent, true));
        }""",
        [agent for agent, _ in AGENTS],
    )
    assert found == [app for _, app in AGENTS]
    assert anna.page.evaluate("import('/shell/browser.js').then(({ inApp }) => inApp('any', false))") == "app"


def test_another_apps_browser_says_how_to_open_the_real_one(serving: ShellServer, company: People) -> None:
    room = serving.room()
    for agent, app in (AGENTS[4], AGENTS[11]):
        anna = company.person(size=PHONE, user_agent=agent, permissions=["clipboard-read", "clipboard-write"])
        anna.goes(serving.link(room))
        hint = anna.get("in-app")
        expect(hint).to_contain_text(f"This page is open inside {app}")
        expect(hint).to_contain_text("Open in Safari" if "iPhone" in agent else "Open in Chrome")
        anna.get("copy-address").click()
        expect(hint).to_contain_text("Copied")
        assert anna.page.evaluate("navigator.clipboard.readText()") == serving.link(room)
        assert anna.page.url == serving.link(room)  # "open in browser" takes the whole link along
        expect(anna.get("join")).to_be_enabled()
        assert_accessible(anna)


@pytest.mark.usefixtures("pseudo")
def test_every_word_of_the_check_is_translated(serving: ShellServer, company: People) -> None:
    room = serving.room()
    anna = company.patient(room)
    anna.joins()
    anna.get("test-again").click()
    for button in ("check-camera", "check-microphone", "check-sound-no", "check-sound"):
        anna.get(button).wait_for()
        assert plain(anna) == []
        anna.get(button).click()
    assert plain(anna) == []
