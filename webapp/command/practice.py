"""telepraxis backup, restore, doctor, audit, config: looking after a practice."""

import typer

from webapp.command.options import Config, Data, KeyFile
from webapp.settings import Settings, load

audit = typer.Typer(help="Who did what.", no_args_is_help=True)
config_commands = typer.Typer(help="The settings.", no_args_is_help=True)


def add_to(app: typer.Typer) -> None:
    app.add_typer(audit, name="audit")
    app.add_typer(config_commands, name="config")


@config_commands.command("check")
def check(data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Read the settings as `serve` would, and show what is in force."""
    settings = load(data=data, key_file=key_file, config=config)
    for name in Settings.model_fields:
        value = getattr(settings, name)
        shown = ", ".join(value) if isinstance(value, tuple) else "" if value is None else value
        typer.echo(f"{name:18} {shown}")
