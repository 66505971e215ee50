"""telepraxis backup, restore, recovery-key, doctor, audit, config: looking after a practice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from webapp.command.options import Config, Data, KeyFile
from webapp.settings import Settings, load
from webapp.store.errors import StoreError

audit = typer.Typer(help="Who did what.", no_args_is_help=True)
config_commands = typer.Typer(help="The settings.", no_args_is_help=True)
Recovery = Annotated[
    Path | None,
    typer.Option(
        "--recovery-key-file", help="The recovery key, for scripts; else you are asked.", show_default=False
    ),
]


def add_to(app: typer.Typer) -> None:
    app.add_typer(audit, name="audit")
    app.add_typer(config_commands, name="config")
    for command in (backup, restore, doctor):
        app.command()(command)
    app.command("recovery-key")(recovery)


def backup(
    to: Annotated[
        Path | None, typer.Option(help="A new file.", show_default="telepraxis-DATE-TIME.backup")
    ] = None,
    data: Data = None,
    key_file: KeyFile = None,
    config: Config = None,
) -> None:
    """Save the whole practice into one encrypted file; the server may run."""
    from webapp.command.office import call
    from webapp.command.place import all_tables, existing
    from webapp.store.backup import back_up

    settings = load(data=data, key_file=key_file, config=config)
    keys, now = existing(settings), datetime.now(UTC)
    all_tables()
    target = to or Path(f"telepraxis-{now:%Y%m%d-%H%M%S}.backup")
    about = back_up(settings.data, keys, target.absolute(), now=now, practice=of_practice(settings))
    call(settings, "backup made")
    typer.echo(f"saved     {target} ({target.stat().st_size / 1e6:.1f} MB, {about.files} files)")
    for name in about.missing:
        typer.echo(f"LOOK      the file {name} was damaged or missing and is not in the backup", err=True)


def restore(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup.", show_default=False)],
    data: Data = None,
    key_file: KeyFile = None,
    recovery_key_file: Recovery = None,
    config: Config = None,
) -> None:
    """Bring a practice back from a backup, into a new folder and under a new key."""
    from webapp.command.office import OPERATOR
    from webapp.command.place import all_tables
    from webapp.command.sealing import reseal
    from webapp.people.practice import written
    from webapp.store.backup import recovery_key
    from webapp.store.restore import restore as bring_back

    settings = load(data=data, key_file=key_file, config=config)
    if recovery_key_file is not None:
        text = recovery_key_file.read_text()
    else:
        text = typer.prompt("Recovery key", hide_input=False)
    all_tables()
    restored = bring_back(
        source,
        recovery_key(text),
        settings.data.absolute(),
        settings.key_file.absolute(),
        operator=OPERATOR,
        reseal=reseal,
    )
    rows = sum(restored.about.rows.values())
    typer.echo(
        f"restored  {settings.data}: {rows} rows, {restored.about.files} files of {restored.about.made_at}"
    )
    typer.echo(f"new key   {settings.key_file}")
    typer.echo(f"new recovery key, for backups from now on: {written(restored.recovery)}")
    typer.echo("Everybody signs in anew with password and second factor; old recovery codes work no more.")
    for name, value in restored.about.practice.items():
        typer.echo(f"setting   {name} = {value}")
    if restored.audit_problem:
        typer.echo(
            f"LOOK      the audit was damaged when the backup was made: {restored.audit_problem}", err=True
        )


def recovery(data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Show the key that opens this practice's backups; keep it on paper."""
    from webapp.command.place import existing
    from webapp.people.practice import written

    typer.echo(written(existing(load(data=data, key_file=key_file, config=config)).recovery))


def doctor(data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Look at everything that may go wrong, and say what to do; exit code 1 if something must be done."""
    from webapp.doctor import examine

    findings = examine(load(data=data, key_file=key_file, config=config))
    for finding in findings:
        typer.echo(str(finding))
    if any(finding.stops for finding in findings):
        raise typer.Exit(1)


@audit.command("verify")
def verify(data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Walk the whole audit: has any row been changed, removed or reordered?"""
    from webapp.command.place import existing, verified_audit

    settings = load(data=data, key_file=key_file, config=config)
    rows, problem = verified_audit(settings, existing(settings))
    if problem:
        raise StoreError(f"audit: {problem} (rows before it: {rows})")
    typer.echo(f"OK        {rows} rows stand")


@config_commands.command("check")
def check(data: Data = None, key_file: KeyFile = None, config: Config = None) -> None:
    """Read the settings as `serve` would, and show what is in force."""
    settings = load(data=data, key_file=key_file, config=config)
    for name in Settings.model_fields:
        value = getattr(settings, name)
        shown = ", ".join(value) if isinstance(value, tuple) else "" if value is None else value
        typer.echo(f"{name:18} {shown}")


def of_practice(settings: Settings) -> dict[str, object]:
    """The settings that belong to the practice rather than to this machine."""
    names = (
        "practice_name",
        "practice_phone",
        "emergency_number",
        "languages",
        "default_language",
        "zone",
        "public_url",
    )
    return settings.model_dump(mode="json", include=set(names))
