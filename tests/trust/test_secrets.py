"""Nothing secret is in the repository, and whoever does not sign in reads this and no more."""

import math
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.live import Live
from tests.trust.surface import addresses
from webapp.guard import Kind
from webapp.people.service import NewPatient
from webapp.store.errors import Full

ROOT = Path(__file__).parents[2]
SHAPES = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|xox[abp]-[0-9A-Za-z-]{20,}|"
    r"eyJ[A-Za-z0-9_-]{20,}\.eyJ|\b(?:password|secret|token|api_?key)\s*[=:]\s*['\"][A-Za-z0-9+/_\-]{24,}['\"]",
    re.I,
)
LONG = re.compile(r"['\"]([A-Za-z0-9+/_\-]{40,})={0,2}['\"]")
RANDOM = 4.6  # bits for each character: what random base64 has and words have not
ALPHABET = "abcdefgh"
KNOWN = {"requirements.txt", "requirements-peers.txt"}  # hashes of packages


def entropy(text: str) -> float:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * math.log2(share) for share in shares)


def test_the_repository_holds_no_secret() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    names = listed.splitlines() or [str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py")]
    found, read = [], 0
    for name in names:
        path = ROOT / name
        if not path.is_file() or path.name in KNOWN or path == Path(__file__):
            continue
        assert path.suffix not in (".pem", ".key", ".db", ".p12"), name
        assert path.name not in (".env", "key"), name
        text = path.read_text(errors="ignore")
        read += 1
        found += [f"{name}: {match.group()[:40]}" for match in SHAPES.finditer(text)]
        if path.suffix in (".py", ".toml", ".js", ".sh", ".conf", ".yml"):
            found += [
                f"{name}: {word[:30]}"
                for word in LONG.findall(text)
                if entropy(word) > RANDOM and ALPHABET not in word
            ]
    assert not found, "\n".join(found)
    print(f"\nfiles without a secret: {read}")
    assert read > 300


def test_the_scan_sees_a_secret() -> None:
    assert SHAPES.search('API_KEY = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"')
    assert SHAPES.search("-----BEGIN EC PRIVATE KEY-----")
    assert entropy("kJ8vQ2xZ7nB4mW1rT6yU3pL9sD5fG0hA-cE_XiOo") > RANDOM
    assert entropy("a-long-name-of-a-thing-that-has-many-words-in") < RANDOM


# What a visitor gets who shows no cookie: every address, by its status. Whoever opens another one says so here.
OPEN = {
    "GET /healthz": 200,
    "GET /readyz": 200,
    "GET /sign-in": 200,
    "POST /sign-in": 401,  # or 429, where somebody has tried before
    "GET /sign-in/code": 200,
    "POST /sign-in/code": 303,
    "POST /sign-out": 303,
    "GET /signed-out": 200,
    "GET /set-up": 200,
    "POST /set-up": 422,
    "GET /set-up/factor": 303,
    "POST /set-up/factor": 303,
    "POST /language": 303,
    "GET /join": 200,
    "POST /join": 422,
    "GET /join/{visit_id}": 200,
    "POST /join/{visit_id}/look": 422,
    "POST /join/{visit_id}/enter": 422,
    "POST /join/{visit_id}/relay": 422,
    "GET /join/{visit_id}/summary": 200,
    "POST /join/{visit_id}/summary": 422,
    "GET /join/{visit_id}/summary.pdf": 404,
    "POST /join/{visit_id}/feedback": 303,
}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_status_says_one_word(live: Live, path: str) -> None:
    with live.visitor() as stranger:
        answer = stranger.get(path)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (
        200,
        "ok\n",
        "text/plain; charset=utf-8",
    )


def test_a_full_disk_is_said_to_whoever_watches(live: Live) -> None:
    """And reading goes on; with space again it is ready again."""

    def pages(limit: int) -> None:
        live.store.database.execute_sql(f"PRAGMA max_page_count = {limit}")

    async def until_full() -> None:
        elena, people = live.actors["elena"], live.built.people
        await live.store.write(lambda: pages(1))  # what it has now, and no more
        with pytest.raises(Full):
            for _ in range(200):
                await people.add_patient(elena, NewPatient(name="Full", address="a" * 300))

    with live.visitor() as stranger, live.visitor(live.actors["elena"]) as elena:
        try:
            live.call(until_full())
            answer = stranger.get("/readyz")
            assert (answer.status_code, answer.text) == (503, "full\n")
            assert stranger.get("/healthz").text == "ok\n"
            assert elena.get("/patients").status_code == 200
        finally:
            # On the writer's own thread: what was read meanwhile is owed, and any other write would begin with it.
            live.store._writer.submit(pages, 1_000_000).result()
            live.call(live.store.write(lambda: None))
        assert stranger.get("/readyz").text == "ok\n"


def test_without_a_cookie_there_is_this_and_no_more(live: Live) -> None:
    found, closed, inside = {}, 0, ("Elena", "Anna", "Tom Berg", str(live.store.folder))
    with live.visitor() as stranger:
        for address in addresses(live.built.inner.routes):
            if address.static or address.socket or address.policy is None:
                continue
            ids = dict.fromkeys(re.findall(r"\{(\w+)\}", address.path), "unknown")
            for method in address.methods - {"HEAD", "OPTIONS"}:
                answer = stranger.request(method, address.at(**ids))
                if address.policy.kind is None:
                    found[f"{method} {address.path}"] = answer.status_code
                    assert not any(name in answer.text for name in inside), address.path
                    continue
                to_sign_in = answer.headers.get("location") == "/sign-in"
                assert answer.status_code == 401 or (address.policy.kind is Kind.STAFF and to_sign_in)
                assert answer.text in ("401\n", "303\n"), address.path
                closed += 1
    print(f"\nwithout a cookie: {len(found)} addresses are open, {closed} closed")
    if found["POST /sign-in"] == 429:
        found["POST /sign-in"] = 401
    assert found == OPEN
