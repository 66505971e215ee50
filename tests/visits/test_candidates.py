"""Where a visit's media is relayed only, no signal tells of the network of whoever sent it."""

import re

from hypothesis import given
from hypothesis import strategies as st

from webapp.visits.candidates import relayed_candidate, relayed_description, relayed_part

HOST = "candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host generation 0 network-id 1"
LOCAL = "candidate:1 1 udp 2122260223 5b4c-1.local 50000 typ host generation 0"
REFLEXIVE = "candidate:2 1 udp 1686052607 198.51.100.4 50000 typ srflx raddr 192.168.1.7 rport 50000"
PEER = "candidate:2 1 udp 1686052607 198.51.100.4 50000 typ prflx raddr 10.0.0.2 rport 50000"
TCP = "candidate:3 1 tcp 1518280447 fd00::7 9 typ host tcptype active generation 0"
RELAY = (
    "candidate:4 1 udp 41885439 203.0.113.7 50001 typ relay raddr 192.168.1.7 rport 50000 "
    "generation 0 ufrag abcd network-id 1 network-cost 10"
)
RELAY6 = "candidate:4 1 udp 41885439 2001:db8::7 50001 typ relay raddr fd00::7 rport 50000 generation 0"
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*::?[0-9a-f]*|\S+\.local")
SDP = "\r\n".join(
    [
        "v=0",
        "o=- 46117 2 IN IP4 192.168.1.7",
        "s=-",
        "c=IN IP4 192.168.1.7",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 50000 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP6 fd00::7",
        "a=rtcp:50001 IN IP4 192.168.1.7",
        f"a={HOST}",
        f"a={LOCAL}",
        f"a={REFLEXIVE}",
        f"a={TCP}",
        f"a={RELAY}",
        "a=end-of-candidates",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:0123456789",
        "a=fingerprint:sha-256 00:11",
        "a=mid:0",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
        "",
    ]
)


def test_only_a_relays_candidate_passes_and_says_nothing_of_its_owner() -> None:
    for told in (HOST, LOCAL, REFLEXIVE, PEER, TCP):
        assert relayed_candidate(told) is None
    kept = (
        "candidate:4 1 udp 41885439 203.0.113.7 50001 typ relay raddr 0.0.0.0 rport 0 generation 0 ufrag abcd"
    )
    assert relayed_candidate(RELAY) == kept
    assert " raddr :: rport 0 " in f"{relayed_candidate(RELAY6)} "
    for odd in (
        "",
        "candidate:",
        "candidate:4 1 udp 1 1.2.3.4 5 typ",
        RELAY.upper(),
        f" {RELAY}",
        f"x\r\n{RELAY}",
    ):
        assert relayed_candidate(odd) is None, odd


def test_a_description_keeps_what_a_call_needs_and_no_address() -> None:
    made = relayed_description(SDP)
    assert set(ADDRESS.findall(made)) == {"203.0.113.7", "0.0.0.0", "::"}
    for line in (
        "o=- 46117 2 IN IP4 0.0.0.0",
        "c=IN IP4 0.0.0.0",
        "c=IN IP6 ::",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "m=video 0 UDP/TLS/RTP/SAVPF 96",
        "a=rtcp:9 IN IP4 0.0.0.0",
        "a=end-of-candidates",
        "a=ice-pwd:0123456789",
        "a=fingerprint:sha-256 00:11",
        "a=group:BUNDLE 0",
    ):
        assert line in made.split("\r\n"), line
    assert made.endswith("\r\n")
    assert relayed_description(made) == made


def test_lines_may_end_in_any_way() -> None:
    for end in ("\n", "\r", "\r\n"):
        assert set(ADDRESS.findall(relayed_description(SDP.replace("\r\n", end)))) == {
            "203.0.113.7",
            "0.0.0.0",
            "::",
        }


def test_a_part_passes_whole_changed_or_not_at_all() -> None:
    assert relayed_part({"candidate": None}) == {"candidate": None}
    assert relayed_part({"candidate": {"candidate": "", "sdpMid": "0"}}) is not None
    assert relayed_part({"candidate": {"candidate": HOST, "sdpMid": "0"}}) is None
    passed = relayed_part({"candidate": {"candidate": RELAY, "sdpMid": "0"}})
    assert passed is not None
    assert passed["candidate"]["sdpMid"] == "0"
    assert "192.168" not in str(passed)
    described = relayed_part({"description": {"type": "offer", "sdp": SDP}})
    assert described is not None
    assert described["description"]["type"] == "offer"
    assert "192.168" not in str(described)


LINES = st.sampled_from(SDP.split("\r\n")) | st.text(max_size=60)


@given(st.lists(LINES, max_size=30), st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_sent_no_candidate_but_a_relays_comes_out(lines: list[str], end: str) -> None:
    made = relayed_description(end.join(lines))
    for line in re.split(r"\r\n|\r|\n", made):
        if line.startswith("a=candidate:"):
            assert " typ relay raddr " in line
        assert not re.match(r"[oc]=.*(192\.168|fd00)", line)
