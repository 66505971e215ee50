"""Where a setting comes from, and what is said about one that cannot be taken."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from webapp.settings import SettingsError, load, reference

PLACE = {"data": Path("/data"), "key_file": Path("/key")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "practice.toml"


def test_arguments_win_over_the_environment_and_the_environment_over_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text('port = 1\npractice_name = "From the file"\nhost = "::1"\n')
    monkeypatch.setenv("TELEPRAXIS_CONFIG", str(file))
    monkeypatch.setenv("TELEPRAXIS_PORT", "2")
    monkeypatch.setenv("TELEPRAXIS_HOST", "127.0.0.2")
    settings = load(**PLACE, port=3)
    assert (settings.port, settings.host, settings.practice_name) == (3, "127.0.0.2", "From the file")


def test_an_argument_that_was_not_given_leaves_the_default() -> None:
    assert load(**PLACE, port=None).port == 8080


def test_it_is_frozen() -> None:
    with pytest.raises(ValidationError):
        load(**PLACE).port = 1


def test_an_unknown_key_of_the_file_is_named_with_the_nearest(file: Path) -> None:
    file.write_text('practice_nmae = "x"\n')
    with pytest.raises(
        SettingsError, match=r"practice_nmae \(.*practice.toml\).*did you mean practice_name\?"
    ):
        load(**PLACE, config=file)


def test_an_unknown_variable_is_named_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEPRAXIS_PROT", "1")
    with pytest.raises(
        SettingsError, match=r"TELEPRAXIS_PROT \(environment\).*did you mean TELEPRAXIS_PORT\?"
    ):
        load(**PLACE)


def test_a_demo_cannot_be_declared_from_outside(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text("demo = true\n")
    with pytest.raises(SettingsError, match="demo"):
        load(**PLACE, config=file)
    monkeypatch.setenv("TELEPRAXIS_DEMO", "1")
    with pytest.raises(SettingsError, match="TELEPRAXIS_DEMO"):
        load(**PLACE)


def test_what_is_needed_and_missing_is_named_with_its_option() -> None:
    with pytest.raises(SettingsError, match=r"key_file is needed \(--key-file or TELEPRAXIS_KEY_FILE\)"):
        load(data=Path("/data"))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"port": 70000}, "port: "),
        ({"zone": "Europe/Madird"}, "did you mean Europe/Madrid?"),
        ({"languages": "en,xx"}, "choose of en, es"),
        ({"languages": "en", "default_language": "es"}, "default_language es is not one of languages"),
        ({"trusted_proxies": "proxy"}, "trusted_proxies: "),
        ({"public_url": "visits.example.org"}, "https://visits.example.org"),
        ({"tls": "files"}, "both tls_cert and tls_key"),
        ({"tls": "self-signed", "tls_cert": "/c", "tls_key": "/k"}, "with tls = files"),
        ({"log_level": "loud"}, "log_level: "),
        ({"config": Path("/nowhere/x.toml")}, "/nowhere/x.toml does not exist"),
    ],
)
def test_a_wrong_value_is_one_clear_line(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(**PLACE, **wrong)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_file_is_one_clear_line(file: Path) -> None:
    file.write_text("port = = 1")
    with pytest.raises(SettingsError, match="cannot be read"):
        load(**PLACE, config=file)


def test_lists_come_from_toml_or_from_commas(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('allowed_hosts = ["a.example", "b.example"]\n')
    monkeypatch.setenv("TELEPRAXIS_TRUSTED_PROXIES", "10.0.0.1, 192.168.0.0/16")
    settings = load(**PLACE, config=file)
    assert settings.allowed_hosts == ("a.example", "b.example")
    assert settings.trusted_proxies == ("10.0.0.1", "192.168.0.0/16")


def test_a_certificate_means_tls() -> None:
    settings = load(**PLACE, tls_cert=Path("/c"), tls_key=Path("/k"))
    assert (settings.tls, settings.secure) == ("files", True)


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 81}, "http://[::1]:81"),
        ({"host": "0.0.0.0", "tls": "self-signed"}, "https://localhost:8080"),
        ({"public_url": "https://visits.example.org/"}, "https://visits.example.org"),
    ],
)
def test_links_begin_with_the_address_that_is_reachable(given: dict[str, object], url: str) -> None:
    assert load(**PLACE, **given).url == url


def test_the_server_answers_to_its_own_names_and_the_allowed_ones() -> None:
    settings = load(**PLACE, public_url="https://Visits.example.org", allowed_hosts=("desk.local",))
    assert {"visits.example.org", "desk.local", "localhost", "127.0.0.1"} <= settings.hosts


@pytest.mark.parametrize(
    ("host", "alone"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False)]
)
def test_it_knows_whether_only_this_machine_can_reach_it(host: str, alone: bool) -> None:
    assert load(**PLACE, host=host).loopback is alone


def test_the_page_of_settings_is_true() -> None:
    page = Path(__file__).parents[1] / "docs" / "settings.md"
    assert page.read_text() == reference(), "run: python -m webapp.settings > docs/settings.md"


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    place = tmp_path / "secret"
    place.write_text("0123456789abcdef\n")
    relay = {"turn_urls": "turn:relay.example.org:3478?transport=udp,turns:relay.example.org"}
    settings = load(**PLACE, **relay, turn_secret_file=place)
    assert settings.turn_secret.get_secret_value() == "0123456789abcdef"
    assert "0123456789abcdef" not in f"{settings!r} {settings.turn_secret}"
    with pytest.raises(SettingsError, match="not both"):
        load(**PLACE, **relay, turn_secret="0123456789abcdef", turn_secret_file=place)
    with pytest.raises(SettingsError, match="cannot be read"):
        load(**PLACE, **relay, turn_secret_file=tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"turn_urls": "turn:a.example"}, "go together"),
        ({"turn_secret": "0123456789abcdef"}, "go together"),
        ({"turn_urls": "turn:a.example", "turn_secret": "short"}, "5 characters; need 16"),
        ({"turn_urls": "http://a.example", "turn_secret": "0123456789abcdef"}, "is no relay"),
        ({"relay": "required"}, "needs turn_urls"),
        ({"smtp_host": "mail.example.org"}, "needs mail_from"),
        (
            {
                "smtp_host": "mail.example.org",
                "mail_from": "a@b.example",
                "smtp_user": "x",
                "smtp_security": "none",
            },
            "in the clear",
        ),
    ],
)
def test_a_relay_or_a_mail_server_is_whole_or_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(**PLACE, **given)
