"""Where a request came from, as the key of every budget of strangers."""

import pytest

from webapp.guard.door import Door

PROXIES = ("10.0.0.0/8", "::1/128")


def came(client: str, forwarded: str = "") -> str:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    door = Door({}, secure=False, proxies=PROXIES)
    return door.address({"type": "http", "client": (client, 1), "headers": headers})


@pytest.mark.parametrize(
    ("client", "forwarded", "counts"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.4", "203.0.113.9"),  # no proxy of ours says so
        ("10.0.0.1", "198.51.100.4", "198.51.100.4"),
        ("::1", "198.51.100.4", "198.51.100.4"),
        ("10.0.0.1", "192.0.2.7, 198.51.100.4", "198.51.100.4"),  # what stands before was sent by themself
        ("10.0.0.1", "192.0.2.7, 198.51.100.4, 10.0.0.2", "198.51.100.4"),
        ("10.0.0.1", "192.0.2.7, nonsense", "10.0.0.1"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),
    ],
)
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(
    client: str, forwarded: str, counts: str
) -> None:
    assert came(client, forwarded) == counts


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    assert came("2001:db8::1") == came("2001:db8::ffff:2") != came("2001:db8:0:1::1")
