"""A link between two people: how its picture grows and shrinks, and how it gets a new way."""

import pytest

from tests.visits import shell_people
from tests.visits.shell_people import People, Person
from tests.visits.shell_server import ShellServer

serving = shell_people.serving
company = shell_people.company

LINKS = """async () => {
    const { Link } = await import('/shell/link.js');
    const canvas = document.createElement('canvas');
    setInterval(() => canvas.getContext('2d').fillRect(0, 0, 9, 9), 50);
    const sound = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks()[0];
    const tracks = { audio: sound, video: canvas.captureStream(20).getVideoTracks()[0], screen: null };
    const local = { stream: new MediaStream(), tracks };
    const link = (polite, other) => new Link(new RTCPeerConnection(), 1, polite, local, {
        send: (part) => (part.description ? other().describe(part.description) : other().candidate(part.candidate)),
        track: () => {}, screen: () => {}, state: () => {},
    });
    window.tracks = tracks;
    window.asked = (link, kind = 'video') => link.sender(kind).getParameters().encodings[0];
    window.ours = link(false, () => theirs);
    window.theirs = link(true, () => ours);
    window.slow = { down: 4, frames: 8, video: 90_000, audio: 24_000 };
    window.sends = async (link, kind) =>
        [...(await link.sender(kind).getStats()).values()].find((one) => one.type === 'outbound-rtp')?.packetsSent ?? 0;
    window.sendsScreen = async () => {
        const before = await sends(ours, 'screen');
        canvas.getContext('2d').fillRect(0, 0, Math.random() * 9, 9);
        await new Promise((done) => setTimeout(done, 1000));
        return (await sends(ours, 'screen')) > before;
    };
    window.paced = async (link) => {
        const before = await sends(link, 'audio');
        await new Promise((done) => setTimeout(done, 1000));
        return (await sends(link, 'audio')) - before;
    };
    // A ladder whose browser says this, too, of what it counts.
    window.laddered = async (link, said) => {
        const { Ladder } = await import('/shell/ladder.js');
        const read = link.pc.getStats.bind(link.pc);
        const retold = ([id, one]) => [id, { ...one, ...said[one.type] }];
        link.pc.getStats = async () => new Map([...(await read())].map(retold));
        return new Ladder({ link });
    };
    await ours.offer();
}"""
IN_PLACE = "ours.alive && theirs.alive && sends(ours, 'video').then((packets) => packets > 0)"


@pytest.fixture
def anna(serving: ShellServer, company: People) -> Person:
    """In whose page two links have found each other."""
    anna = company.patient(serving.room())
    anna.page.evaluate(LINKS)
    anna.until(IN_PLACE)
    return anna


def test_on_a_new_way_sound_goes_alone_and_in_long_packets_until_the_line_carries_more(anna: Person) -> None:
    anna.page.evaluate("() => ours.restart(true)")
    anna.until("ours.sender('video') && ours.pc.getTransceivers()[1].currentDirection === 'recvonly'")
    anna.until("paced(theirs).then((packets) => packets > 10 && packets < 25)")
    assert anna.page.evaluate("[Math.round(ours.pace), theirs.pace]") == [17, 50]
    anna.page.evaluate("() => ours.shape(slow, true)")  # is only tried
    anna.until("ours.pc.getTransceivers()[1].currentDirection === 'sendrecv'")
    assert 10 < anna.page.evaluate("paced(theirs)") < 25
    anna.page.evaluate("() => { laddered(ours, {}); }")  # whose judge has no doubt
    anna.until("paced(theirs).then((packets) => packets > 40)")
    assert anna.page.evaluate("ours.pace") == 50


def test_a_screen_goes_and_comes_with_the_picture_and_keeps_its_size(anna: Person) -> None:
    anna.page.evaluate(
        """() => {
            tracks.screen = tracks.video.clone();
            ours.share();
            window.screened = () => {
                const { active, maxBitrate, maxFramerate, scaleResolutionDownBy } = asked(ours, 'screen');
                return [active, maxBitrate, maxFramerate, scaleResolutionDownBy ?? 1];
            };
        }"""
    )
    anna.until("sendsScreen()")
    anna.page.evaluate("() => ours.shape(slow, true)")
    anna.until("String(screened()) === 'true,90000,8,1'")
    anna.until("sendsScreen()")
    anna.page.evaluate("() => ours.shape(slow, false)")
    anna.until("asked(ours, 'screen').active === false")
    anna.until("sendsScreen().then((sends) => !sends)")
    # While the camera is enough, only where there is one.
    anna.page.evaluate("() => ours.shape({ ...slow, camera: true }, true)")
    anna.until("asked(ours).active")
    assert not anna.page.evaluate("asked(ours, 'screen').active")
    anna.page.evaluate(
        """async () => {
            await ours.sender('video').replaceTrack(null);
            ours.shape({ ...slow, camera: true }, true);
        }"""
    )
    anna.until("asked(ours, 'screen').active")
    # A screen that is shared while there is only sound waits as well.
    anna.page.evaluate("() => ours.shape(slow, false)")
    anna.until("asked(ours, 'screen').active === false")
    anna.page.evaluate("() => ours.share()")
    anna.until("ours.pc.signalingState === 'stable' && String(screened()) === 'false,90000,8,1'")
    assert not anna.page.evaluate("sendsScreen()")
    # On a new way for sound alone nothing is sent of it, not even what was lost.
    anna.page.evaluate("() => ours.restart(true)")
    anna.until("ours.pc.getTransceivers().at(-1).currentDirection === 'inactive'")
    anna.page.evaluate("() => ours.shape({ ...slow, video: 400_000 }, true)")
    anna.until("sendsScreen()")
    assert anna.page.evaluate("screened()") == [True, 400_000, 8, 1]


def test_a_picture_begins_small_and_grows_once(serving: ShellServer, company: People) -> None:
    """Both sides; a new way for a picture that has its whole size does not shrink it again."""
    anna = company.patient(serving.room())
    anna.page.evaluate(
        """() => {
            window.sizes = { ours: [], theirs: [] };
            setInterval(() => {
                for (const [name, seen] of Object.entries(sizes)) {
                    const size = window[name]?.sender('video')?.getParameters().encodings[0]?.scaleResolutionDownBy;
                    if (size && seen.at(-1) !== size) seen.push(size);
                }
            }, 20);
        }"""
    )
    anna.page.evaluate(LINKS)
    anna.until("sizes.ours.at(-1) === 1 && sizes.theirs.at(-1) === 1")
    anna.page.evaluate("() => { ours.pc.restartIce(); ours.pc.onconnectionstatechange(); }")
    anna.page.evaluate("paced(theirs)")
    assert anna.page.evaluate("sizes") == {"ours": [4, 2, 1], "theirs": [4, 2, 1]}


def test_a_new_way_leaves_the_picture_as_small_as_it_was(anna: Person) -> None:
    anna.page.evaluate(
        """() => {
            theirs.limit(60_000);
            theirs.shape(slow, true);
            window.way = () => theirs.pc.localDescription.sdp.match(/ice-ufrag:(.*)/)[1];
            window.first = way();
            window.shaped = () => {
                const { scaleResolutionDownBy, maxBitrate } = asked(theirs);
                return [scaleResolutionDownBy, maxBitrate];
            };
        }"""
    )
    anna.until("String(shaped()) === '4,60000'")
    anna.page.evaluate("() => ours.restart()")
    anna.until("way() !== first && theirs.pc.signalingState === 'stable'")
    anna.page.evaluate("paced(theirs)")
    assert anna.page.evaluate("shaped()") == [4, 60_000]


def test_offers_that_meet_change_nothing_of_how_much_is_sent(anna: Person) -> None:
    anna.page.evaluate(
        """() => {
            for (const link of [ours, theirs]) {
                link.shape(slow, false);
                link.restart(true);
            }
        }"""
    )
    anna.until("[ours, theirs].every(({ pc }) => pc.getTransceivers()[1].currentDirection === 'inactive')")
    anna.page.evaluate("paced(ours)")
    for link in ("ours", "theirs"):
        sent = anna.page.evaluate(f"asked({link})")
        assert (sent["active"], sent["maxBitrate"], sent["scaleResolutionDownBy"]) == (False, 90_000, 4)


def test_one_new_way_is_enough_for_both(anna: Person) -> None:
    """The second, a moment after the first, would throw away what the first has of a way."""
    anna.page.evaluate(
        """() => {
            window.ways = new Set();
            const say = ours.describe.bind(ours);
            ours.describe = (description) => {
                ways.add(description.sdp.match(/ice-ufrag:(.*)/)[1]);
                return say(description);
            };
            ours.restart();
        }"""
    )
    anna.until("ways.size === 1 && theirs.pc.signalingState === 'stable'")
    anna.page.evaluate("() => theirs.restart(true)")
    anna.until("ours.pc.getTransceivers()[1].currentDirection === 'sendonly'")
    assert anna.page.evaluate("ways.size") == 1


@pytest.mark.parametrize(("queues", "step"), [(True, 4), (False, 0)], ids=["over TCP", "else"])
def test_whom_the_other_side_calls_choked_sends_sound_alone_where_its_line_queues(
    anna: Person, queues: bool, step: int
) -> None:
    """Only the name of the relay's protocol is made up."""
    anna.page.evaluate(
        """async (queues) => {
            const ladder = await laddered(ours, { 'local-candidate': queues ? { relayProtocol: 'tcp' } : {} });
            window.steps = [];
            ladder.addEventListener('step', () => steps.push(ladder.step));
            await new Promise((done) => setTimeout(done, 1000));
            ladder.told(4);
        }""",
        queues,
    )
    anna.page.evaluate("paced(theirs)")
    assert anna.page.evaluate("steps[0] ?? 0") == step
    if queues:  # sound was well all the time: it was nothing
        anna.until("steps.at(-1) === 0")


def test_what_queues_takes_small_pictures_however_many_a_second_the_camera_makes(anna: Person) -> None:
    anna.page.evaluate(
        """() => {
            window.camera = { framesPerSecond: 20 };
            window.most = (link) => asked(link).maxBitrate;
        }"""
    )
    anna.until("most(ours) === 555_000 && most(theirs) === 555_000")  # while nobody has looked
    anna.page.evaluate(
        """() => {
            laddered(ours, { 'local-candidate': { relayProtocol: 'tcp' }, 'media-source': camera });
            laddered(theirs, { 'media-source': camera });
        }"""
    )
    for rate, bits in (
        (20, 370_000),
        (15, 277_500),
        (3, 185_000),
        (30, 555_000),
        (60, 555_000),
        (0, 555_000),
    ):
        anna.page.evaluate("(rate) => { camera.framesPerSecond = rate; }", rate)
        anna.until(f"most(ours) === {bits}")
    anna.page.evaluate("() => { camera.framesPerSecond = 28; }")  # as good as thirty
    anna.page.evaluate("paced(ours)")
    assert anna.page.evaluate("[most(ours), most(theirs)]") == [555_000, 1_500_000]


def test_each_way_is_a_network_of_its_own_and_taken_for_a_slow_one(
    serving: ShellServer, company: People
) -> None:
    anna = company.patient(serving.room())
    told = anna.page.evaluate(
        """async () => {
            const { afresh, apart } = await import('/shell/way.js');
            const line = 'candidate:1 1 udp 7 192.0.2.1 4000 typ host network-id 3 network-cost 10';
            const described = (way) => [
                'v=0', `a=ice-ufrag:${way}`, 'a=rtpmap:96 VP8/90000', 'a=rtpmap:98 H264/90000', `a=${line}`, '',
            ].join('\\r\\n');
            const one = (way) => apart({ candidate: line, sdpMid: '0', usernameFragment: way });
            return {
                first: afresh({ type: 'offer', sdp: described('abcd') }),
                candidates: [one('abcd'), one('abcd'), one('efgh')],
                last: apart({ candidate: '', usernameFragment: 'abcd' }),
            };
        }"""
    )
    alike, again, other = (one["candidate"] for one in told["candidates"])
    assert alike == again != other
    assert alike.startswith("candidate:1 1 udp 7 192.0.2.1 4000 typ host network-cost 10 network-id ")
    assert told["first"]["type"] == "offer"
    assert told["first"]["sdp"].splitlines() == [
        "v=0",
        "a=ice-ufrag:abcd",
        "a=rtpmap:96 VP8/90000",
        "a=fmtp:96 x-google-start-bitrate=100",
        "a=rtpmap:98 H264/90000",
        f"a={alike}",
    ]
    assert told["last"]["candidate"] == ""


def test_what_was_known_of_a_line_is_forgotten_on_a_new_way_for_sound_alone(anna: Person) -> None:
    anna.page.evaluate(
        """() => {
            window.lowest = Infinity;
            window.offered = async () => {
                const pairs = [...(await ours.pc.getStats()).values()];
                return Math.min(...pairs.map((one) => one.availableOutgoingBitrate ?? Infinity));
            };
            setInterval(async () => { lowest = Math.min(lowest, await offered()); }, 20);
        }"""
    )
    anna.until("offered().then((bits) => bits > 250_000 && bits < Infinity)")
    anna.page.evaluate("() => { lowest = Infinity; ours.restart(true); }")
    anna.until("lowest <= 150_000")
