"""Strangers at the door: guessing, enumerating, flooding, and what they may learn."""

import gc
import re
import statistics
import time
from collections import Counter

import httpx
import psutil
import pyotp
import pytest
from nicegui import Client

from tests.cast import OPERATOR, PASSWORD
from tests.forms import form
from tests.live import Live
from tests.trust.stage import staged
from tests.trust.surface import addresses
from webapp.access import Role
from webapp.people.accounts import NewAccount

TRIES, FLOOD_S, MEGABYTES = form(200, 10_000), form(5, 60), form(64, 1024)
LEAST = 1200  # requests of a flood, however slow the machine


@pytest.fixture(scope="module")
def nora(live: Live) -> tuple[str, str]:
    """A clinician with a password and a second factor: (mail address, secret of her app)."""
    email = "greta@practice.example"

    async def story() -> str:
        added = await live.built.accounts.add(
            OPERATOR, NewAccount(name="Nora", email=email, roles=frozenset({Role.CLINICIAN}))
        )
        half = await live.built.sign_in.set_up(added.token, name="Nora", email=email, password=PASSWORD)
        enrolment = await live.built.sign_in.enrolment(half or "")
        assert enrolment is not None
        code = pyotp.TOTP(enrolment.secret).at(live.clock.now())
        assert await live.built.sign_in.confirm(half or "", code, device="")
        live.clock.push(seconds=60)  # past the code that was used
        return enrolment.secret

    return email, live.call(story())


def test_a_hundred_addresses_guess_ten_times_and_the_owner_gets_in(live: Live, nora: tuple[str, str]) -> None:
    email, secret = nora
    with live.visitor(
        address="127.0.0.1"
    ) as owner:  # signs in once: from now on her browser holds a device cookie
        enter(live, owner, email, secret)
        owner.post("/sign-out")
        answers: Counter[int] = Counter()
        others_ms = []
        for number in range(TRIES):
            with live.visitor(address=f"127.0.{1 + number // 100 % 100}.{1 + number % 100}") as guesser:
                data = {"email": email, "password": f"guess number {number}"}
                answers[guesser.post("/sign-in", data=data).status_code] += 1
            if number % 10 == 0:  # somebody else, who mistypes hers
                with live.visitor(address=f"127.0.9.{1 + number % 200}") as other:
                    begun = time.perf_counter()
                    other.post(
                        "/sign-in", data={"email": f"o{number}@practice.example", "password": "mistyped"}
                    )
                    others_ms.append((time.perf_counter() - begun) * 1000)
        p95 = statistics.quantiles(others_ms, n=20)[-1]
        print(f"\nguesses: {dict(answers)}; sign-in of others meanwhile, p95 {p95:.0f} ms")
        assert answers[401] <= 10
        assert answers[429] >= TRIES - 10
        live.clock.push(seconds=60)  # past the code that was used
        enter(live, owner, email, secret)


def enter(live: Live, browser: httpx.Client, email: str, secret: str) -> None:
    answer = browser.post("/sign-in", data={"email": email, "password": PASSWORD})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/sign-in/code")
    code = pyotp.TOTP(secret).at(live.clock.now())
    answer = browser.post("/sign-in/code", data={"code": code})
    assert (answer.status_code, answer.headers.get("location")) == (303, "/")
    assert browser.get("/sign-in").headers["location"] == "/"


def test_the_cookie_is_another_after_each_factor(live: Live, nora: tuple[str, str]) -> None:
    email, secret = nora
    live.clock.push(minutes=16)  # past the guessing of others
    brought = live.token(live.actors["tom"])  # somebody else was signed in here
    planted = {"tp-staff": brought, "tp-half": "planted"}
    with live.visitor(address="127.0.3.1", cookies=planted) as browser:
        seen = []
        browser.post("/sign-in", data={"email": email, "password": PASSWORD})
        seen.append(
            browser.cookies.get("tp-half", domain="127.0.0.1") or browser.cookies.get("tp-half", domain="")
        )
        code = pyotp.TOTP(secret).at(live.clock.now())
        answer = browser.post("/sign-in/code", data={"code": code})
        fresh = re.findall(r"tp-staff=([^;]+);([^,]*)", answer.headers["set-cookie"])
        assert fresh[0][0] not in ("planted", brought, *seen)
        assert live.call(live.built.sessions.resolve(brought)) is None
        assert "HttpOnly" in fresh[0][1]
        assert "SameSite=lax" in fresh[0][1]


def test_known_and_unknown_addresses_cannot_be_told_apart(live: Live, nora: tuple[str, str]) -> None:
    email, _ = nora
    live.clock.push(minutes=16)
    times: list[float] = []
    bodies: dict[str, set[str]] = {"known": set(), "unknown": set()}
    for number in range(TRIES):
        kind = "known" if number % 2 else "unknown"
        address = email if kind == "known" else "nemo@practice.example"
        if number % 20 == 0:
            live.clock.push(minutes=16)  # new budgets: what is compared is the answer to a guess
        with live.visitor(address=f"127.0.4.{1 + number % 100}") as browser:
            begun = time.perf_counter()
            answer = browser.post("/sign-in", data={"email": address, "password": "wrong password"})
            times.append(time.perf_counter() - begun)
        assert answer.status_code == 401
        bodies[kind].add(answer.text.replace(address, "ADDRESS"))
    assert bodies["known"] == bodies["unknown"]
    assert len(bodies["known"]) == 1
    pairs = [known - unknown for unknown, known in zip(times[::2], times[1::2], strict=True)]
    apart_ms = abs(statistics.median(pairs)) * 1000
    print(f"\nknown and unknown addresses: medians {apart_ms:.2f} ms apart over {TRIES} tries")
    assert apart_ms < 10


def test_a_flood_of_gets_leaves_the_memory_flat(live: Live) -> None:
    """Of plain pages and of those that would be built, for seconds; what it took is given back."""
    process = psutil.Process()
    with live.visitor(address="127.0.0.1") as warm:
        for _ in range(20):
            warm.get("/sign-in")
    before, pages = process.memory_info().rss, len(Client.instances)
    answers: Counter[int] = Counter()
    highest, until, number = before, time.monotonic() + FLOOD_S, 0
    browsers = [live.visitor(address=f"127.0.5.{1 + each}") for each in range(3)]
    while time.monotonic() < until or number < LEAST:
        path = ("/sign-in", "/", "/patients", "/join/unknown")[number % 4]
        answers[browsers[number % 3].get(path).status_code] += 1
        number += 1
        if number % 50 == 0:
            highest = max(highest, process.memory_info().rss)
    for browser in browsers:
        browser.close()
    gc.collect()
    grown, after = (highest - before) / 2**20, (process.memory_info().rss - before) / 2**20
    print(f"\nflood of {FLOOD_S} s: {dict(answers)}, memory +{grown:.0f} MB, then +{after:.0f} MB")
    assert set(answers) == {200, 303, 503}
    assert answers[503] >= 3 * 100  # 200 in ten seconds for each address
    assert grown < 150
    assert after < 20
    assert len(Client.instances) <= pages  # for a stranger nothing was built


def test_a_body_beyond_its_cap_is_cut(live: Live) -> None:
    """Megabytes in chunks, with and without a declared length: refused at the cap, and nothing of it is kept."""
    process = psutil.Process()
    before, sent = process.memory_info().rss, 0

    def chunks() -> object:
        nonlocal sent
        for _ in range(MEGABYTES * 16):
            sent += 65536
            yield b"x" * 65536

    with live.visitor(address="127.0.6.1") as browser:
        declared = browser.post("/sign-in", content=b"x" * 2_000_000)
        assert declared.status_code == 413
        try:
            form = {"Content-Type": "application/x-www-form-urlencoded"}
            streamed = browser.post("/sign-in", content=chunks(), headers=form)  # type: ignore[arg-type]
            assert streamed.status_code == 413
        except httpx.HTTPError:
            pass  # the server hung up on what it would not read
    grown = (process.memory_info().rss - before) / 2**20
    print(f"\nsent {sent / 2**20:.0f} MB before it was cut, memory +{grown:.0f} MB")
    assert grown < 32  # of the sender too, which is this process


TRAVERSALS = [
    "../" * depth + target
    for depth in range(1, 9)
    for target in ("etc/passwd", "telepraxis.db", "audit.head", "..%00.css", "webapp/settings.py")
] + [
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/%2e%2e/etc/passwd",
    "..%252f..%252fetc/passwd",
    "..\\..\\windows\\win.ini",
    "C:%5Cwindows%5Cwin.ini",
    "%E2%80%A5/%E2%80%A5/etc/passwd",
    "tokens.css/../../settings.py",
    "tokens.css%00.png",
    "//etc/passwd",
]


def test_no_path_leads_out_of_the_folders_that_are_served(live: Live) -> None:
    """Below the static folders as a stranger, and in the place of each id of a file as somebody who may have files."""
    visit, tried = staged(live, "Traversals"), 0
    cookies = {**visit.seats, **live.cookie(live.actors["elena"])}
    with live.visitor(address="127.0.7.1") as stranger, live.visitor(cookies=cookies) as inside:
        bases = [(stranger, base + HERE) for base in STATIC]
        for address in addresses(live.built.inner.routes):
            for name in FILE_IDS:
                if f"{{{name}}}" in address.path and "GET" in address.methods:
                    bases.append((inside, address.at(**{**visit.ids, name: HERE})))
        for browser, base in bases:
            for path in TRAVERSALS:
                raw = base.replace(HERE, path).encode()
                answer = browser.get(httpx.URL(live.url).copy_with(raw_path=raw))
                if answer.status_code == 200:  # the client itself went up, to the address of a page
                    assert ".." in path
                    assert answer.headers["content-type"].startswith("text/html"), f"{base} {path}"
                else:
                    assert answer.status_code in (303, 400, 404, 405, 422), f"{base} {path}"
                assert "root:" not in answer.text
                tried += 1
    print(f"\npaths tried: {tried} on {len(bases)} addresses")
    assert len(bases) >= len(STATIC) + 5
    assert tried >= 400


STATIC = ("/assets/", "/shell/", "/_nicegui/3.18.0/static/", "/_nicegui/3.18.0/resources/x/")
HERE = "PATH-HERE"
FILE_IDS = ("file_id", "photo_id", "account_id", "form")


def test_strangers_learn_nothing_from_what_is_open(live: Live) -> None:
    telling = re.compile(r"nicegui|uvicorn|sqlite|peewee|python|traceback|version", re.I)
    with live.visitor(address="127.0.8.1") as browser:
        for path in (
            "/healthz",
            "/readyz",
            "/sign-in",
            "/set-up",
            "/signed-out",
            "/nowhere",
            "/docs",
            "/openapi.json",
        ):
            answer = browser.get(path)
            assert not telling.search(answer.text), path
            assert "server" not in answer.headers or answer.headers["server"] == "", path
            assert "Anna" not in answer.text
            assert "Elena" not in answer.text
