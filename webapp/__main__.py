"""The command line of Telepraxis."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from webapp.access import Invalid, Refused
from webapp.command import practice, users
from webapp.settings import SettingsError, load
from webapp.store.errors import StoreError

app = typer.Typer(
    name="telepraxis",
    help="Telemedicine that a small practice owns.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(users.app, name="user")
practice.add_to(app)


def main() -> None:
    """Run a command. What goes wrong is one line on standard error and exit code 2."""
    os.umask(0o077)
    try:
        app()
    except (SettingsError, StoreError, Invalid, Refused) as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error))
    except KeyboardInterrupt:
        fail("interrupted")


def fail(why: str) -> None:
    sys.stderr.write(f"telepraxis: {' '.join(why.split())}\n")
    sys.exit(2)


@app.command()
def serve(
    data: Annotated[Path | None, typer.Option(help="The data folder.")] = None,
    key_file: Annotated[Path | None, typer.Option(help="The practice's key.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to listen on.")] = None,
    tls: Annotated[str | None, typer.Option(help="off, self-signed or files.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(help="The certificate chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The certificate's key.")] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings.")] = None,
) -> None:
    """Serve a practice."""
    settings = load(
        data=data,
        key_file=key_file,
        host=host,
        port=port,
        tls=tls,
        tls_cert=tls_cert,
        tls_key=tls_key,
        config=config,
    )
    from webapp.command.serve import announce, run

    run(settings, announce)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8080,
    data: Annotated[
        Path | None, typer.Option(help="A folder that keeps the demo.", show_default="none")
    ] = None,
) -> None:
    """Try everything with invented people, on this machine alone."""
    from webapp.command.demo import demonstrate

    demonstrate(port, data)


if __name__ == "__main__":
    main()
