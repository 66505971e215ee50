"""The settings: one frozen object from the command line, the environment and one file, in that order.

SettingsError      one line per problem: what it is, where, and the nearest known name
"""

import difflib
import ipaddress
import os
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, ValidationError, field_validator, model_validator
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

    @field_validator("allowed_hosts", "trusted_proxies", "languages", mode="before")
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
    "The only secret is the practice's key, which is always a file of its own.",
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
    if isinstance(value, tuple):
        value = ", ".join(value)
    return "" if value in ("", None) else f"`{str(value).lower() if isinstance(value, bool) else value}`"


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
