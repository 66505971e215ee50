"""telepraxis user ...: who belongs to the practice."""

from typing import Annotated, Any

import typer

from webapp.command.options import Config, Data, KeyFile
from webapp.settings import Settings, load

app = typer.Typer(help="Who belongs to the practice.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="Their mail address.", show_default=False)]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="Their name as patients see it.", show_default=False)],
    email: Email,
    role: Annotated[list[str], typer.Option(help="clinician, assistant or administrator; may be repeated.")],
    data: Data = None,
    key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Invite somebody; prints the link by which they set themselves up."""
    settings = load(data=data, key_file=key_file, config=config)
    _say(
        _call(
            settings,
            "user add",
            name=name,
            email=email,
            roles=role,
            language=settings.default_language,
            zone=settings.zone,
        )
    )


@app.command("list")
def show(data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Everybody, with role and state."""
    for person in _call(load(data=data, key_file=key_file, config=config), "user list"):
        typer.echo(f"{person['state']:9} {person['email']:32} {person['roles']:24} {person['name']}")


@app.command("disable")
def disable(email: Email, data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Shut somebody out, at once and on every open page."""
    _call(load(data=data, key_file=key_file, config=config), "user disable", email=email)
    typer.echo(f"disabled  {email}")


@app.command("enable")
def enable(email: Email, data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Let somebody in again, by a new set-up link."""
    _say(_call(load(data=data, key_file=key_file, config=config), "user enable", email=email))


@app.command("reset-2fa")
def reset_factor(email: Email, data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """For a lost phone: password and second factor are set anew by a link."""
    _say(_call(load(data=data, key_file=key_file, config=config), "user reset-2fa", email=email))


def _call(settings: Settings, command: str, /, **arguments: object) -> Any:
    from webapp.command.office import call

    return call(settings, command, **arguments)


def _say(added: dict[str, str]) -> None:
    typer.echo(f"set-up    {added['link']}")
    typer.echo(f"for       {added['name']} <{added['email']}>, once, within a day")
