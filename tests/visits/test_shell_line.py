"""A line that grows weak: what is given up in which order, what both sides read of it, and tracks that vanish."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.visits import shell_people
from tests.visits.shell_people import PHONE, People, Person
from tests.visits.shell_server import ShellServer
from tests.visits.test_shell_look import assert_no_violations

serving = shell_people.serving
company = shell_people.company

FREE = {
    "available": 2_000_000,
    "limited": True,
    "delay": 0.05,
    "lost": 0,
    "starved": False,
    "choked": False,
    "fresh": True,
    "settled": True,
    "most": 1_500_000,
}
BACK_MS = 3000


class Judge:
    """The shell's judge, in a page, on a clock of its own: half a second for each look at the figures."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        self.page.evaluate(
            """async () => {
                const { Judge } = await import('/shell/judge.js');
                window.judge = new Judge();
                window.at = 0;
            }"""
        )

    def hears(self, seconds: float, **figures: Any) -> list[int]:
        """The steps that stood meanwhile, without repetitions."""
        steps: list[int] = self.page.evaluate(
            """([looks, figures]) => {
                const steps = [judge.step];
                for (let look = 0; look < looks; look += 1) {
                    judge.hear({ ...figures, at: (at += 500) });
                    if (steps.at(-1) !== judge.step) steps.push(judge.step);
                }
                return steps;
            }""",
            [int(seconds * 2), {**FREE, **figures}],
        )
        return steps

    @property
    def sent(self) -> int:
        """Bits of picture a second, at most."""
        return int(self.page.evaluate("judge.sent.off ? 0 : judge.sent.video"))


class Line:
    """What a browser counts of a line, look by look, read by the shell's gauge; its judge hears what that tells."""

    def __init__(self, person: Person) -> None:
        self.page = person.page
        self.page.evaluate(
            """async () => {
                const { Gauge } = await import('/shell/gauge.js');
                const { Judge } = await import('/shell/judge.js');
                window.gauge = new Gauge(0);
                window.judge = new Judge();
                window.counted = {
                    at: 0, sound: 0, bytes: 0, told: 0, lost: 0, delays: [],
                    available: 3e6, limited: true, pictured: 0, target: 0,
                };
            }"""
        )

    def carries(
        self,
        seconds: float,
        sound: int = 10,
        size: int = 20_000,
        every: int = 1,
        picture: int = 0,
        **now: Any,
    ) -> list[int]:
        """So many packets of sound and bytes in each look, or in each second or third one. The steps meanwhile.

        picture: bytes of ours that are sent in each look.
        """
        steps: list[int] = self.page.evaluate(
            """([looks, sound, size, every, picture, now]) => {
                const steps = [judge.step];
                for (let look = 0; look < looks; look += 1) {
                    counted = { ...counted, ...now, at: counted.at + 200, bytes: counted.bytes + size };
                    if (look % every === 0) counted.sound += sound;
                    counted.pictured += picture;
                    window.figures = gauge.read(counted, 50, true);
                    if (figures) judge.hear({ ...figures, most: 1_500_000 });
                    if (steps.at(-1) !== judge.step) steps.push(judge.step);
                }
                return steps;
            }""",
            [int(seconds * 5), sound, size, every, picture, now],
        )
        return steps

    def answers(self, times: int, seconds: float) -> dict[str, Any]:
        return {"id": "pair", "times": times, "seconds": seconds, "asked": True}

    def reports(self, times: int, seconds: float) -> dict[str, Any]:
        return {"id": "report", "times": times, "seconds": seconds}

    @property
    def figures(self) -> dict[str, Any]:
        return dict(self.page.evaluate("figures"))


@pytest.fixture
def line(serving: ShellServer, company: People) -> Line:
    return Line(company.patient(serving.room()))


@pytest.fixture
def judge(serving: ShellServer, company: People) -> Judge:
    return Judge(company.patient(serving.room()))


def test_the_picture_goes_step_by_step_and_sound_stays(judge: Judge) -> None:
    assert judge.hears(10) == [0]
    assert judge.hears(5, available=400_000) == [0, 1]
    assert judge.hears(5, available=150_000) == [1, 2]
    late = judge.hears(12, available=60_000, delay=0.8)
    assert late == [2, 3, 4]
    assert judge.hears(60, available=30_000, delay=0.8) == [4]


def test_sound_that_suffers_costs_the_picture_at_once(judge: Judge) -> None:
    assert judge.hears(2, starved=True) == [0, 4]


def test_a_line_that_chokes_loses_the_picture_at_once(judge: Judge) -> None:
    judge.hears(10)
    assert judge.hears(0.5, starved=True, choked=True) == [0, 4]
    assert judge.hears(4, starved=True) == [4]


def test_a_moment_of_choking_costs_the_picture_for_two_seconds_at_most(judge: Judge) -> None:
    judge.hears(10)
    assert judge.hears(0.5, starved=True, choked=True) == [0, 4]
    assert judge.hears(2) == [4, 0]


def test_choking_again_costs_a_step(judge: Judge) -> None:
    judge.hears(10)
    judge.hears(0.5, starved=True, choked=True)
    judge.hears(2)
    assert judge.hears(0.5, starved=True, choked=True) == [0, 4]
    assert judge.hears(2) == [4, 1]


def test_a_long_delay_alone_says_nothing_while_a_line_is_new(judge: Judge) -> None:
    assert judge.hears(10, delay=9, settled=False, available=None) == [0]


def test_it_climbs_back_to_a_picture_within_ten_seconds(judge: Judge) -> None:
    judge.hears(2, starved=True)
    steps = judge.hears(10, available=40_000)  # an estimate that begins low does not hold it back
    assert steps == [4, 2]
    assert judge.hears(30) == [2, 1, 0]


def test_what_was_tried_and_hurts_is_taken_back(judge: Judge) -> None:
    judge.hears(2, starved=True)
    assert judge.hears(3, available=40_000) == [4]
    assert judge.sent == 40_000
    judge.hears(0.5, available=40_000, delay=0.2)
    assert judge.sent == 0


def test_what_was_tried_and_does_well_is_sent_whole(judge: Judge) -> None:
    judge.hears(2, starved=True)
    assert judge.hears(5) == [4, 2]
    assert judge.sent == 90_000


def test_what_is_tried_while_nothing_answers_is_taken_back(judge: Judge) -> None:
    judge.hears(2, starved=True)
    assert judge.hears(7.5, fresh=False) == [4]
    assert judge.sent == 40_000
    assert judge.hears(0.5, fresh=False) == [4]
    assert judge.sent == 0
    assert judge.hears(30, fresh=False) == [4]


def test_where_not_even_sound_comes_through_the_phone_is_named(judge: Judge) -> None:
    assert judge.hears(20, starved=True) == [0, 4, 5]
    assert judge.hears(1) == [5, 4]


def test_a_small_camera_is_content_with_little(judge: Judge) -> None:
    assert judge.hears(20, available=300_000, limited=False) == [0]


def test_a_whole_picture_that_may_take_little_asks_a_line_for_little(judge: Judge) -> None:
    slow = {"most": 370_000}
    assert judge.hears(20, available=420_000, **slow) == [0]
    assert judge.hears(5, available=380_000, **slow) == [0, 1]
    assert judge.hears(20, available=500_000, **slow) == [1]
    assert judge.hears(40, available=550_000, **slow) == [1, 0]


def test_a_picture_that_takes_all_it_may_wants_more_whatever_the_browser_says(line: Line) -> None:
    little = {"available": 500_000, "limited": False, "target": 400_000}
    assert line.carries(20, picture=3_000, **little) == [0]
    assert line.carries(5, picture=10_000, **little) == [0, 1]


def test_a_line_that_hardly_drips_is_weak_within_a_second(line: Line) -> None:
    assert line.carries(10) == [0]
    assert line.carries(1, sound=2, size=1400, every=3) == [0, 4]


def test_a_line_that_is_new_may_choke_too(line: Line) -> None:
    assert line.carries(2) == [0]
    assert line.carries(1, sound=1, size=1400, every=3) == [0, 4]


def test_nothing_at_all_is_a_drop_and_no_weak_line(line: Line) -> None:
    assert line.carries(10) == [0]
    assert line.carries(12, sound=0, size=0) == [0]
    assert line.carries(2, sound=40, size=90_000) == [0]
    assert line.carries(20) == [0]


def test_a_stall_of_half_a_second_costs_nothing(line: Line) -> None:
    line.carries(10)
    for _ in range(10):
        assert line.carries(0.4, sound=0, size=0) == [0]
        assert line.carries(0.2, sound=30, size=60_000) == [0]
        assert line.carries(2) == [0]


def test_a_report_of_long_ago_says_nothing_where_the_line_has_answered_since(line: Line) -> None:
    line.carries(10, delays=[line.answers(1, 0.05)])
    line.carries(1, delays=[line.answers(2, 0.05), line.reports(1, 18.0)])
    assert line.figures["delay"] == 0.05
    line.carries(3)
    line.carries(1, delays=[line.answers(2, 0.05), line.reports(2, 2.5)])
    assert line.figures["delay"] == 2.5  # what this tells of was sent after that answer


def test_a_measurement_is_new_once_and_nobody_waits_for_one_where_none_comes(line: Line) -> None:
    line.carries(2)
    assert line.figures["fresh"]
    line.carries(0.2, delays=[line.answers(1, 0.05)])
    assert line.figures["fresh"]
    line.carries(0.2, delays=[line.answers(1, 0.05)])
    assert not line.figures["fresh"]
    line.carries(0.2, delays=[line.answers(2, 0.05)])
    assert line.figures["fresh"]


def test_losses_told_after_a_bad_time_are_of_that_time(line: Line) -> None:
    line.carries(10, told=1)
    line.carries(2, told=2, sound=2, size=1400, every=3)
    line.carries(3)
    line.carries(1, told=3, lost=0.4)
    assert line.figures["lost"] == 0
    line.carries(1, told=4, lost=0.4)
    assert line.figures["lost"] == 0.4


def test_both_sides_read_the_same_of_a_line(serving: ShellServer, company: People) -> None:
    room = serving.room()
    elena, anna = company.pair(room, size=PHONE)
    for step, words in (
        (1, "Weak - video lowered"),
        (3, "Weak - a still every few seconds"),
        (4, "Audio only"),
    ):
        serving.call(room.post(room.patient, {"t": "step", "from": room.clinician.id, "step": step}))
        expect(anna.get("quality")).to_have_text(words)
        expect(anna.get("quality")).to_have_attribute("data-step", str(step))
    serving.call(room.post(room.patient, {"t": "step", "from": room.clinician.id, "step": 5}))
    card = anna.get("weak-line")
    expect(card).to_contain_text("going on by phone is better now")
    expect(card.get_by_role("link", name="Call 91 555 01 23")).to_have_attribute("href", "tel:915550123")
    assert_no_violations(anna.page)
    serving.call(room.post(room.patient, {"t": "step", "from": room.clinician.id, "step": 0}))
    expect(card).to_be_hidden()
    expect(anna.get("quality")).to_have_text("Good")
    elena.has_state("connected")


@pytest.mark.parametrize("kind", ["camera", "microphone"])
def test_a_track_that_ends_is_fetched_again(serving: ShellServer, company: People, kind: str) -> None:
    elena, anna = pair(serving, company)
    anna.page.evaluate(
        "(kind) => { const track = mine(kind); track.stop(); track.dispatchEvent(new Event('ended')); }", kind
    )
    assert took(anna, kind) < BACK_MS
    anna.has_state("connected")
    elena.keeps_seeing()
    assert elena.loudness() > 0.01


def test_a_track_that_stays_mute_is_fetched_again(serving: ShellServer, company: People) -> None:
    """As when a phone call takes the camera: WebKit mutes the track and never gives it back."""
    elena, anna = pair(serving, company)
    anna.page.evaluate(
        """() => {
            const track = mine('camera');
            Object.defineProperty(track, 'muted', { value: true });
            track.dispatchEvent(new Event('mute'));
        }"""
    )
    assert took(anna, "camera") < BACK_MS
    elena.keeps_seeing()


def test_while_another_app_is_in_front_nothing_is_asked(serving: ShellServer, company: People) -> None:
    elena, anna = pair(serving, company)
    anna.page.evaluate(
        """() => {
            window.hide = (hidden) => {
                Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
                document.dispatchEvent(new Event('visibilitychange'));
            };
            window.asked = 0;
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = (wish) => { window.asked += 1; return ask(wish); };
            hide(true);
            const track = mine('camera');
            track.stop();
            track.dispatchEvent(new Event('ended'));
        }"""
    )
    anna.page.locator(".self .blank").wait_for()
    assert anna.page.evaluate("asked") == 0
    anna.page.evaluate("hide(false)")
    assert took(anna, "camera") < BACK_MS
    elena.keeps_seeing()


def test_a_camera_that_another_app_still_holds_is_asked_for_until_it_is_free(
    serving: ShellServer, company: People
) -> None:
    elena, anna = pair(serving, company)
    anna.page.evaluate(
        """() => {
            const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            let times = 0;
            navigator.mediaDevices.getUserMedia = (wish) => (wish.video && (times += 1) < 3
                ? Promise.reject(new DOMException('held', 'NotReadableError')) : ask(wish));
            const track = mine('camera');
            track.stop();
            track.dispatchEvent(new Event('ended'));
        }"""
    )
    took(anna, "camera")
    elena.keeps_seeing()


KEEPING = """
window.sounds = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    window.sounds.push(...stream.getAudioTracks());
    return stream;
};
window.mine = (kind) => (kind === 'microphone' ? window.sounds.at(-1)
    : document.querySelector('[data-testid=self-video]').srcObject?.getVideoTracks()[0] ?? null);
"""


def pair(serving: ShellServer, company: People) -> tuple[Person, Person]:
    """In a call; Anna's page remembers the tracks that it sends now."""
    room = serving.room()
    elena, anna = company.clinician(room), company.person(size=PHONE)
    anna.context.add_init_script(KEEPING)
    anna.goes(serving.link(room))
    anna.joins()
    elena.admits()
    for one in (elena, anna):
        one.has_state("connected")
    anna.page.evaluate(
        """() => {
            window.before = { camera: mine('camera'), microphone: mine('microphone') };
            window.since = performance.now();
        }"""
    )
    return elena, anna


def took(person: Person, kind: str) -> float:
    """Milliseconds until another living track of this kind is there."""
    person.until(
        f"mine('{kind}') && mine('{kind}') !== before.{kind} && mine('{kind}').readyState === 'live'"
    )
    spent: float = person.page.evaluate("performance.now() - since")
    print(f"\n{kind} back after {spent:.0f} ms")
    return spent
