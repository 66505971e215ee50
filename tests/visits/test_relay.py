"""The relay is no proxy: what may be sent through it, and by whom. Debian's coturn with the file that we ship."""

import contextlib
import ipaddress
import socket
import ssl
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from tests.visits.relaying import OUTSIDE, SHIPPED, Coturn, coturn
from webapp.turn import ALLOCATE, Address, Client, Place, Refusal, TurnError, read_address, write_address
from webapp.visits.relay import LASTS, TRIED, Credentials, Relay, Way

CLOSED = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16
    198.18.0.0/15 224.0.0.0/4 240.0.0.0/4 ::/128 ::1/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 2002::/16
    fc00::/7 fe80::/10 ff00::/8
"""
MAPPED = ("::ffff:{}", "64:ff9b::{}", "::{}")  # the same IPv4 address in IPv6's clothes
OPEN = (
    "8.8.8.8",
    "1.1.1.1",
    "100.0.0.1",
    "172.32.0.1",
    "203.0.113.9",
)  # seen to be let through: the probe can see
NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """As it is shipped."""
    with coturn(tmp_path_factory.mktemp("closed"), loopback=False) as running:
        yield running


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """With the loopback switches."""
    with coturn(tmp_path_factory.mktemp("opened"), loopback=True) as running:
        yield running


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    """As it is shipped, with a certificate."""
    with coturn(tmp_path_factory.mktemp("secured"), tls=True) as running:
        yield running


def client(relay: Coturn, *, tcp: bool = False, made: Credentials | None = None) -> Client:
    made = made or relay.relay().credentials("visit", "seat", datetime.now(UTC))
    return Client(relay.place(tcp=tcp), made.username, made.password)


def probed() -> Iterator[str]:
    """The first, a middle and the last address of each closed range, the IPv4 ones in IPv6's clothes as well."""
    for text in CLOSED.split():
        network = ipaddress.ip_network(text)
        for place in {0, network.num_addresses // 2, network.num_addresses - 1}:
            address = str(network[place])
            yield address
            if network.version == 4:
                for form in MAPPED:
                    yield str(ipaddress.IPv6Address(form.format(address)))


def asked(ask: Callable[[Address], None], peer: Address) -> str:
    """What the relay says to it."""
    try:
        ask(peer)
    except Refusal as refusal:
        return str(refusal.code)
    return "granted"


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
@pytest.mark.parametrize("which", ["closed", "opened"])
def test_nothing_is_relayed_into_closed_ranges(which: str, tcp: bool, request: pytest.FixtureRequest) -> None:
    relay: Coturn = request.getfixturevalue(which)
    counts: Counter[str] = Counter()
    with client(relay, tcp=tcp) as one:
        one.allocate()
        for number, address in enumerate(probed()):
            if which == "opened" and address == "127.0.0.1":
                continue  # the one that the loopback switches open
            counts[f"permission {asked(one.permit, (address, 80))}"] += 1
            counts[f"channel {asked(partial(one.bind, channel=0x4000 + number), (address, 80))}"] += 1
        for address in OPEN if which == "closed" else ("127.0.0.1",):
            one.permit((address, 80))
            counts["open ones granted"] += 1
    print(f"\n{which}, {'TCP' if tcp else 'UDP'}: {dict(counts)}")
    assert counts["permission granted"] == counts["channel granted"] == 0
    assert counts["open ones granted"] >= 1
    assert sum(counts.values()) >= 200


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
def test_no_packet_arrives_where_none_may(opened: Coturn, closed: Coturn, tcp: bool) -> None:
    """Sent without asking, to sockets that listen: to 127.0.0.1 where it is open, nowhere else and nowhere closed."""
    arrived: Counter[str] = Counter()
    with socket.socket(type=socket.SOCK_DGRAM) as here, socket.socket(type=socket.SOCK_DGRAM) as beside:
        here.bind(("127.0.0.1", 0))
        beside.bind(("127.0.0.2", 0))
        here.settimeout(3)
        for relay in (closed, opened):
            with client(relay, tcp=tcp) as one:
                one.allocate()
                for listening in (beside, here):
                    shut = relay is closed or listening is beside
                    with pytest.raises(Refusal) if shut else contextlib.nullcontext():
                        one.permit(listening.getsockname())
                    one.send(listening.getsockname(), b"relayed")
                one.ask(0x004)  # a refresh: its answer comes after whatever was to be sent
        assert here.recv(100) == b"relayed"
        arrived["127.0.0.1, opened"] += 1
        for listening in (here, beside):
            listening.setblocking(False)
            with pytest.raises(BlockingIOError):
                listening.recv(100)
    assert dict(arrived) == {"127.0.0.1, opened": 1}


def test_only_living_credentials_of_the_practice_open_it(closed: Coturn) -> None:
    relay, now = closed.relay(), datetime.now(UTC)
    other = Relay(urls=relay.urls, secret="another secret of some length", rule="fallback")
    right = relay.credentials("visit", "seat", now)
    longer = f"{int((now + timedelta(days=1)).timestamp())}:visit.seat"
    refused = {
        "ended": relay.credentials("visit", "seat", now - LASTS - timedelta(seconds=2)),
        "of another practice": other.credentials("visit", "seat", now),
        "made longer": Credentials(username=longer, password=right.password, over_at=now),
        "of another seat": Credentials(
            username=right.username.replace("seat", "else"), password=right.password, over_at=now
        ),
        "none": Credentials(username="nobody", password="", over_at=now),
    }
    for made in refused.values():
        for tcp in (False, True):
            with client(closed, tcp=tcp, made=made) as one, pytest.raises(Refusal) as no:
                one.allocate()
            assert no.value.code == 401
    with client(closed, made=right) as one:
        assert one.allocate()[0] == "127.0.0.1"
    print(f"\ncredentials refused: {len(refused) * 2}")


def test_what_is_lent_for_a_check_opens_it_for_two_minutes_and_a_few_places(closed: Coturn) -> None:
    relay, now = closed.relay(), datetime.now(UTC)
    over = relay.credentials("visit", "checked", now - TRIED - timedelta(seconds=2), check=True)
    with client(closed, made=over) as one, pytest.raises(Refusal) as no:
        one.allocate()
    assert no.value.code == 401
    places = 0
    with contextlib.ExitStack() as held:
        with pytest.raises(Refusal) as full:
            for second in range(100):  # lent anew again and again: the quota is of one name
                made = relay.credentials("visit", "checked", now - timedelta(seconds=second), check=True)
                held.enter_context(client(closed, made=made)).allocate()
                places += 1
        assert (places, full.value.code) == (40, 486)
        held.enter_context(client(closed)).allocate()  # there is room for others
    print(f"\nplaces for one seat's check: {places}")


def test_it_gives_a_place_over_tls(secured: Coturn, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is shipped, the certificate apart."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secured.folder / "cert.pem"))
    made = secured.relay().credentials("visit", "seat", datetime.now(UTC))
    wrong = Credentials(username=made.username, password="wrong", over_at=made.over_at)
    with Client(secured.tls_place, wrong.username, wrong.password) as one, pytest.raises(Refusal) as no:
        one.allocate()
    assert no.value.code == 401
    with Client(secured.tls_place, made.username, made.password) as one:
        assert one.allocate()[0] == "127.0.0.1"
        with pytest.raises(Refusal) as no:
            one.permit(("127.0.0.1", 80))
        assert no.value.code == 403
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(TurnError, match="certificate"):  # nobody vouches for it
        Client(secured.tls_place, made.username, made.password)


def test_old_versions_of_tls_are_refused(secured: Coturn, tmp_path: Path) -> None:
    old = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
    assert [shaken(secured, version) for version in old] == ["", ""]
    assert shaken(secured, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with coturn(tmp_path, tls=True, without="no-tlsv1") as lax:  # it is those lines that do it
        assert [shaken(lax, version) for version in old] == ["TLSv1", "TLSv1.1"]


def shaken(relay: Coturn, version: ssl.TLSVersion) -> str:
    """The version of TLS that both agree on; "" where the relay takes no such one."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(relay.folder / "cert.pem")
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", relay.tls_port), timeout=1) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="127.0.0.1") as wrapped:
                return str(wrapped.version())
        except OSError:  # it says so, hangs up or answers nothing
            return ""


def test_a_stranger_gets_no_answer_but_the_demand(closed: Coturn) -> None:
    """Not even a binding, and nothing tells which version it is."""
    for method in (0x001, ALLOCATE, 0x004, 0x008):
        with Client(closed.place(), "", "") as one, pytest.raises(Refusal) as no:
            one.ask(method)
        assert no.value.code in (400, 401), method


def test_credentials_last_an_hour_and_name_visit_and_seat() -> None:
    relay = Relay(urls=("turn:relay.example:3478",), secret="0123456789abcdef", rule="fallback")
    made = relay.credentials("v1", "s1", NOW)
    assert made.over_at - NOW == timedelta(hours=1)
    assert made.username == f"{int(made.over_at.timestamp())}:v1.s1"
    assert made.password != relay.credentials("v1", "s2", NOW).password
    lent = relay.credentials("v1", "s1", NOW, check=True)
    assert lent.over_at - NOW == timedelta(minutes=2)
    assert lent.username == f"{int(lent.over_at.timestamp())}:v1.s1.check"
    assert made.password != relay.credentials("v2", "s1", NOW).password


@pytest.mark.parametrize(
    ("rule", "only", "way"),
    [
        ("off", True, Way.DIRECT),
        ("fallback", False, Way.FALLBACK),
        ("fallback", True, Way.ONLY),
        ("required", False, Way.ONLY),
    ],
)
def test_the_way_is_the_practices_and_the_services_choice(rule: str, only: bool, way: Way) -> None:
    relay = Relay(urls=("turn:relay.example:3478",), secret="0123456789abcdef", rule=rule)
    assert relay.way(only=only) is way
    assert Relay(rule=rule).way(only=only) is Way.DIRECT  # where none is configured
    told = relay.ice(way, "v", "s", NOW)
    assert told["policy"] == ("relay" if way is Way.ONLY else "all")
    assert bool(told["servers"]) == (way is not Way.DIRECT)


def test_the_shipped_file_holds_no_secret_and_every_range() -> None:
    lines = [line for line in SHIPPED.read_text().splitlines() if line and not line.startswith("#")]
    assert not [line for line in lines if line.startswith(("static-auth-secret", "cli-password", "user="))]
    for wanted in ("use-auth-secret", "no-tcp-relay", "no-multicast-peers", "no-cli", "secure-stun"):
        assert wanted in lines
    assert "allow-loopback-peers" not in lines
    # A range that begins at :: means every address to coturn: then nothing would be relayed at all.
    assert not [line for line in lines if line.startswith("denied-peer-ip=::-")]


def test_addresses_survive_the_wire() -> None:
    for address in (("127.0.0.1", 1), (OUTSIDE, 65535), ("2001:db8::1", 3478)):
        assert read_address(write_address(address, b"t" * 12), b"t" * 12) == address
    with pytest.raises(TurnError):
        read_address(b"\0\1\0\0abc", b"t" * 12)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("turn:a.example", Place("a.example", 3478, tcp=False, tls=False)),
        ("turn:a.example:99?transport=tcp", Place("a.example", 99, tcp=True, tls=False)),
        ("turns:a.example", Place("a.example", 5349, tcp=True, tls=True)),
        ("turn:[::1]:5", Place("::1", 5, tcp=False, tls=False)),
    ],
)
def test_a_relays_address_is_read(url: str, place: Place) -> None:
    assert Place.of(url) == place
    with pytest.raises(TurnError):
        Place.of("http:" + url)
