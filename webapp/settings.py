"""The settings: one frozen object from the command line, the environment and one file, in that order.

SettingsError      one line per problem: what it is, where, and the nearest known name
"""

import difflib
import ipaddress
import os
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "TELEPRAXIS_"
INTERNAL = frozenset({"demo"})  # set by our own code, never from outside
SPOKEN = ("en", "es")

SECRETS = ("turn_secret", "smtp_password")  # each may also be given as the name of a file that holds it
SECRET_AT_LEAST = 16

RELAY = re.compile(r"turns?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?(?:\?transport=(?:udp|tcp))?")

Names = Annotated[tuple[str, ...], NoDecode]


class SettingsError(Exception):
    """A setting is unknown, missing or cannot be taken."""


class Settings(BaseSettings):
    """How this practice runs. Explicit arguments win over `TELEPRAXIS_*` variables, and these over the file."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, case_sensitive=False)

    config: Path | None = Field(default=None, description="A TOML file with any of the keys below.")
    data: Path = Field(description="The data folder: everything that lasts, encrypted.")
    key_file: Path = Field(
        description="The file that holds the practice's key (64 hex digits, mode 0600). Keep it on another disk than "
        "the data folder: whoever has both can read everything."
    )
    host: str = Field(default="127.0.0.1", description="The address to listen on; `0.0.0.0` for every one.")
    port: int = Field(default=8080, ge=0, le=65535, description="The port to listen on; 0 for any free one.")
    public_url: str = Field(
        default="",
        description="The address that patients' links begin with, such as `https://visits.example.org`. "
        "Needed behind a proxy; without it the links name host and port.",
    )
    allowed_hosts: Names = Field(
        default=(),
        description="Further host names under which the server answers. The listening address, the machine's own "
        "loopback names and the host of `public_url` are always allowed.",
    )
    trusted_proxies: Names = Field(
        default=(),
        description="Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.",
    )
    tls: Literal["off", "self-signed", "files"] = Field(
        default="off",
        description="`files` serves HTTPS with `tls_cert` and `tls_key` (chosen by itself when they are given); "
        "`self-signed` makes a certificate in the data folder; `off` is for this machine alone or for a proxy. "
        "Browsers give no camera to a page that is neither HTTPS nor on their own machine.",
    )
    tls_cert: Path | None = Field(default=None, description="The certificate chain, PEM.")
    tls_key: Path | None = Field(default=None, description="The certificate's private key, PEM.")
    practice_name: str = Field(
        default="Our practice", min_length=1, max_length=120, description="The name that patients see."
    )
    practice_phone: str = Field(
        default="",
        max_length=40,
        description="The number to call when a visit does not work, as patients dial it.",
    )
    emergency_number: str = Field(
        default="112", max_length=20, description="The number that the pages name for an emergency."
    )
    turn_urls: Names = Field(
        default=(),
        description="Where the practice's relay answers, such as `turn:relay.example.org:3478?transport=udp`; with "
        "`turns:` by TLS. A browser that finds no direct way tries them. See `deploy/coturn`.",
    )
    turn_secret: SecretStr = Field(
        default=SecretStr(""),
        description="What the relay's `static-auth-secret` says, at least 16 characters. From it come the "
        "credentials of each seat of each visit, which last an hour.",
    )
    turn_secret_file: Path | None = Field(default=None, description="A file that holds `turn_secret`.")
    relay: Literal["off", "fallback", "required"] = Field(
        default="fallback",
        description="`fallback` tries the relay where no direct way is found, and sends through it alone the visits of "
        "services that say so (psychology, couples, groups unless changed); `required` sends every visit through it, "
        "so that nobody learns another's internet address; `off` uses none.",
    )
    smtp_host: str = Field(
        default="",
        description="The mail server that sends our letters. Without one they wait in the outbox to be copied.",
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="The mail server's port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="`starttls` (port 587), `tls` (port 465), or `none` for a server on this machine.",
    )
    smtp_user: str = Field(
        default="", max_length=254, description="The account at the mail server, if it asks."
    )
    smtp_password: SecretStr = Field(default=SecretStr(""), description="Its password.")
    smtp_password_file: Path | None = Field(default=None, description="A file that holds `smtp_password`.")
    mail_from: str = Field(
        default="", max_length=254, description="The address that letters come from. Needed with `smtp_host`."
    )
    languages: Names = Field(default=SPOKEN, description="The languages offered, of `en` and `es`.")
    default_language: str = Field(
        default="en", description="The language of somebody who has not chosen one."
    )
    zone: str = Field(default="UTC", description="The practice's time zone, such as `Europe/Madrid`.")
    password_cost: Literal["standard", "cheap"] = Field(
        default="standard",
        description="What checking a password costs. `cheap` is for tests: doctor objects to it.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="What is logged, one JSON line per event on standard error."
    )
    pseudo_locale: bool = Field(
        default=False,
        description="Show every text in accents and brackets, to find the untranslated. For tests.",
    )
    demo: bool = Field(default=False, description="A throw-away practice of invented people.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        environment = Environment(settings_cls)
        file = init_settings().get("config") or environment().get("config")
        return init_settings, environment, File(settings_cls, Path(file) if file else None)

    @field_validator("allowed_hosts", "trusted_proxies", "turn_urls", "languages", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (
            tuple(part.strip() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            ipaddress.ip_network(part, strict=False)
        return value

    @field_validator("languages")
    @classmethod
    def _spoken(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not set(value) <= set(SPOKEN):
            raise ValueError(f"choose of {', '.join(SPOKEN)}")
        return value

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(
                "not a time zone, such as Europe/Madrid" + _nearest(value, available_timezones())
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        plain = (
            parts.scheme in ("http", "https")
            and parts.hostname
            and not parts.path.strip("/")
            and not parts.query
        )
        if value and not plain:
            raise ValueError("give scheme and host only, such as https://visits.example.org")
        return value.rstrip("/")

    @field_validator("turn_urls")
    @classmethod
    def _relays(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for part in value:
            if not RELAY.fullmatch(part):
                raise ValueError(f"{part} is no relay, such as turn:relay.example.org:3478?transport=udp")
        return value

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        for name in SECRETS:
            if file := values.get(f"{name}_file"):
                if values.get(name):
                    raise ValueError(f"give {name} or {name}_file, not both")
                values = {**values, name: _secret(name, Path(file))}
        return values

    @model_validator(mode="before")
    @classmethod
    def _files_mean_tls(cls, values: Any) -> Any:
        if isinstance(values, dict) and "tls" not in values and values.get("tls_cert"):
            return {**values, "tls": "files"}
        return values

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.tls == "files" and not (self.tls_cert and self.tls_key):
            raise ValueError("tls = files needs both tls_cert and tls_key")
        if self.tls != "files" and (self.tls_cert or self.tls_key):
            raise ValueError("tls_cert and tls_key go together, with tls = files")
        if self.default_language not in self.languages:
            raise ValueError(f"default_language {self.default_language} is not one of languages")
        return self

    @model_validator(mode="after")
    def _relay_is_whole(self) -> Self:
        secret = self.turn_secret.get_secret_value()
        if bool(self.turn_urls) != bool(secret):
            raise ValueError("turn_urls and turn_secret go together")
        if secret and len(secret) < SECRET_AT_LEAST:
            raise ValueError(f"turn_secret has {len(secret)} characters; need {SECRET_AT_LEAST}")
        if self.relay == "required" and not self.turn_urls:
            raise ValueError("relay = required needs turn_urls and turn_secret")
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.smtp_host and "@" not in self.mail_from:
            raise ValueError("smtp_host needs mail_from, the address that letters come from")
        if (
            self.smtp_user
            and self.smtp_security == "none"
            and self.smtp_host not in ("localhost", "127.0.0.1", "::1")
        ):
            raise ValueError("smtp_security = none would send the password in the clear")
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by HTTPS."""
        return self.url.startswith("https:")

    @property
    def url(self) -> str:
        """What links begin with."""
        if self.public_url:
            return self.public_url
        host = {"0.0.0.0": "localhost", "::": "localhost"}.get(self.host, self.host)  # noqa: S104
        host = f"[{host}]" if ":" in host else host
        return f"{'http' if self.tls == 'off' else 'https'}://{host}:{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """Every host name under which the server answers, lower case, without port."""
        own = {"localhost", "127.0.0.1", "::1", self.host, urlsplit(self.url).hostname or ""}
        return frozenset(host.lower() for host in own.union(self.allowed_hosts) if host)


def load(**explicit: Any) -> Settings:
    """The settings; arguments that are None were not given. Raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in explicit.items() if value is not None})
    except ValidationError as error:
        raise SettingsError("; ".join(_line(problem) for problem in error.errors())) from None


class Environment(EnvSettingsSource):
    """The `TELEPRAXIS_*` variables; one that we do not know is an error."""

    def __call__(self) -> dict[str, Any]:
        names = (name for name in os.environ if name.upper().startswith(PREFIX))
        _refuse_unknown("environment", names, prefix=PREFIX)
        return super().__call__()


class File(TomlConfigSettingsSource):
    """The TOML file; a key that we do not know is an error."""

    def __init__(self, settings_cls: type[BaseSettings], file: Path | None) -> None:
        if file is not None and not file.is_file():
            raise SettingsError(f"the settings file {file} does not exist")
        try:
            super().__init__(settings_cls, toml_file=file)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"the settings file {file} cannot be read: {error}") from None
        _refuse_unknown(str(file), self.toml_data)


def known() -> frozenset[str]:
    """The names that may be set from outside."""
    return frozenset(Settings.model_fields) - INTERNAL


def reference() -> str:
    """docs/settings.md, made of the descriptions above."""
    rows = [
        f"| `{name}` | {_default(name)} | {field.description} |"
        for name, field in Settings.model_fields.items()
        if name not in INTERNAL
    ]
    return "\n".join([*INTRODUCTION, *rows, ""])


INTRODUCTION = (
    "# Settings",
    "",
    "Each can be given on the command line where it has an option (`--port 8443`), as a variable",
    "(`TELEPRAXIS_PORT=8443`), or in a TOML file (`port = 8443`) named by `--config` or `TELEPRAXIS_CONFIG`;",
    "the first of these that names it wins.",
    "A name that is not in this table is an error. Lists are TOML lists, or separated by commas in a variable.",
    "The practice's key is always a file of its own; the other secrets (the relay's, the mail server's password) may",
    "be: `turn_secret_file` names a file in place of `turn_secret`.",
    "`telepraxis config check` says what is in force.",
    "",
    "| key | default | what it does |",
    "|---|---|---|",
)


def _default(name: str) -> str:
    field = Settings.model_fields[name]
    if field.is_required():
        return "needed"
    value = field.default
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "" if value in ("", None) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _secret(name: str, file: Path) -> str:
    """The first line of a secret's file. Raises ValueError."""
    try:
        return file.read_text().partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}_file {file} cannot be read: {error}") from None


def _refuse_unknown(where: str, names: Iterable[str], *, prefix: str = "") -> None:
    taken = {prefix + (name.upper() if prefix else name) for name in known()}
    for name in names:
        if (name.upper() if prefix else name) not in taken:
            raise SettingsError(f"{name} ({where}) is not a setting{_nearest(name, taken)}")


def _nearest(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.5)
    return f": did you mean {close[0]}?" if close else ""


def _line(problem: Any) -> str:
    name = ".".join(str(part) for part in problem["loc"][:1])
    if problem["type"] == "missing":
        return f"{name} is needed (--{name.replace('_', '-')} or {PREFIX}{name.upper()})"
    text = problem["msg"].removeprefix("Value error, ")
    return f"{name}: {text[:1].lower() + text[1:]}" if name else text


if __name__ == "__main__":
    sys.stdout.write(reference())
