"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[Path | None, typer.Option("--data", help="The data folder.", show_default=False)]
KeyFile = Annotated[Path | None, typer.Option("--key-file", help="The practice's key.", show_default=False)]
Config = Annotated[Path | None, typer.Option("--config", help="A TOML file of settings.", show_default=False)]
