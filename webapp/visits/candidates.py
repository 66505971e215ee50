"""What a signal tells of the network of whoever sent it, taken out: for visits whose media is relayed only.

A candidate that is not a relay's is dropped, and what a relay's says of its owner is blanked, whatever their browser
was asked for. Source: RFC 8839, 5.1 (candidate), RFC 8866, 5.2 and 5.7 (o= and c=).
"""

import re
from typing import Any

NOWHERE = {"4": "0.0.0.0", "6": "::"}  # noqa: S104  # an address that says nothing
KEPT = ("generation", "ufrag")  # what may follow a candidate's address; the rest tells of interfaces
LINE = re.compile(r"\r\n|\r|\n")
ADDRESSED = re.compile(r"^(?P<head>[oc]=.*\bIN IP)(?P<family>[46]) \S+(?P<rest>.*)$", re.ASCII)
RTCP = re.compile(r"^a=rtcp:\d+(?: .*)?$", re.ASCII)
MEDIA = re.compile(r"^m=(?P<kind>\S+) (?P<port>\d+)(?P<rest> .*)$", re.ASCII)
DROPPED = ("a=remote-candidates:", "a=x-google-", "i=", "u=", "e=", "p=")
NO_PORT = "9"  # RFC 8840, 4.1.1: the discard port, where no candidate is the default one


def relayed_part(part: dict[str, Any]) -> dict[str, Any] | None:
    """A signal's part as the other side may see it; None if nothing of it may pass."""
    if "description" in part:
        said = part["description"]
        return {"description": {**said, "sdp": relayed_description(said["sdp"])}}
    candidate = part["candidate"]
    if candidate is None or candidate["candidate"] == "":
        return part  # the end of candidates
    kept = relayed_candidate(candidate["candidate"])
    return None if kept is None else {"candidate": {**candidate, "candidate": kept}}


def relayed_candidate(text: str) -> str | None:
    """ "candidate:..." of a relay, without where its owner sits behind it; None for every other."""
    parts = text.removeprefix("a=").split(" ")
    if len(parts) < 8 or not parts[0].startswith("candidate:") or parts[6:8] != ["typ", "relay"]:
        return None
    pairs = dict(zip(parts[8::2], parts[9::2], strict=False))
    blank = NOWHERE["6" if ":" in parts[4] else "4"]
    kept = [word for name in KEPT if name in pairs for word in (name, pairs[name])]
    return " ".join([*parts[:8], "raddr", blank, "rport", "0", *kept])


def relayed_description(sdp: str) -> str:
    """The description with relays' candidates alone and no address in any other line."""
    kept = (_line(line) for line in LINE.split(sdp))
    return "\r\n".join(line for line in kept if line is not None)


def _line(line: str) -> str | None:
    if line.startswith("a=candidate:"):
        candidate = relayed_candidate(line)
        return None if candidate is None else f"a={candidate}"
    if line.startswith(DROPPED):
        return None
    if RTCP.match(line):
        return f"a=rtcp:{NO_PORT} IN IP4 {NOWHERE['4']}"
    if addressed := ADDRESSED.match(line):
        return f"{addressed['head']}{addressed['family']} {NOWHERE[addressed['family']]}{addressed['rest']}"
    if media := MEDIA.match(line):
        port = "0" if media["port"] == "0" else NO_PORT  # 0 means that this medium is refused
        return f"m={media['kind']} {port}{media['rest']}"
    return None if line.startswith(("o=", "c=")) else line
