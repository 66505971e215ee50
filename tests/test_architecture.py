"""The arrows and sizes of the house: who may import whom, how long a file and a function may be, what is banned."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.defences import defences

ROOT = Path(__file__).parent.parent
PRODUCT = ("mediacore", "hardware", "webapp")
FILE_AT_MOST, FUNCTION_AT_MOST = 500, 60
DEFENCES = 210
TRUST_TESTS = {
    *range(24),
    27,
    29,
    32,
    34,
    *range(46, 51),
}  # those with defences of the product; 0 is the lock itself
BELOW = {  # a slice -> the slices it may use
    "people": set(),
    "records": {"people"},
    "post": {"people"},
    "visits": {"people", "records", "post"},
    "today": {"people", "records", "post", "visits"},
}
VISIBLE = re.compile(r"(components|pages|_pages|entrance|_field|finding)$")  # files that may know NiceGUI

SLICES = {f"webapp.{name}" for name in BELOW}
SEEN = {"webapp.look", "webapp.guard"}  # what knows of pages
WEB = {"nicegui", "starlette", "fastapi"}
PURE = {"peewee", "webapp.store"} | WEB | SEEN | SLICES

# module (longest prefix wins) -> what it may not import
FORBIDDEN: dict[str, set[str]] = {
    "mediacore": {"asyncio", "av", "nicegui", "peewee", "hardware", "webapp", "mediacore.reference"},
    "mediacore.reference": {"asyncio", "av", "nicegui", "peewee", "hardware", "webapp"},
    "hardware": {"nicegui", "peewee", "webapp", "mediacore.reference"},
    "hardware.devices": {"nicegui", "peewee", "webapp", "bleak", "serial", "mediacore.reference"},
    "webapp": {"mediacore.reference"},
    **{
        f"webapp.{name}": PURE
        for name in ("access", "signal", "settings", "faults", "rounds", "budget", "clock")
    },
    "webapp.locale": {"peewee", "nicegui", "webapp.store"} | SEEN | SLICES,
    "webapp.store": WEB | SEEN | SLICES,
    "webapp.look": {"peewee", "webapp.store", "webapp.guard"} | SLICES,
    "webapp.guard": {"peewee", "webapp.store.database"} | SLICES,
}
MEDIA = {"av", "aiortc"}  # the server's own ends of a call, in visits alone
ROOTS = {"webapp.build", "webapp.__main__"}  # these know everyone
OPERATING = (
    "webapp.command",
    "webapp.demo",
    "webapp.doctor",
    "webapp.serving",
    "webapp.build",
    "webapp.__main__",
)


def modules(*folders: str) -> Iterator[tuple[str, Path]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + ".")


def rules(module: str) -> set[str]:
    """What this module may not import, with the rules of the slices."""
    nearest = max((prefix for prefix in FORBIDDEN if within(module, prefix)), key=len, default="")
    forbidden = set(FORBIDDEN.get(nearest, set()))
    if nearest != "mediacore.reference":
        forbidden.add("mediacore.reference")
    if module not in ROOTS and not module.startswith(OPERATING):
        forbidden.add("webapp.build")
    if within(module, "webapp") and not within(module, "webapp.visits"):
        forbidden |= MEDIA
    parts = module.split(".")
    if parts[0] == "webapp" and len(parts) > 1 and parts[1] in BELOW:
        own = parts[1]
        above = set(BELOW) - BELOW[own] - {own}
        forbidden |= {f"webapp.{name}" for name in above}
        forbidden |= {f"webapp.{name}.model" for name in BELOW if name != own}
        if len(parts) > 2:
            forbidden |= _by_file(own, parts[-1])
    return forbidden


def _by_file(own: str, file: str) -> set[str]:
    if VISIBLE.search(file):
        return {"peewee", f"webapp.{own}.model"}
    if file == "model":
        return {"nicegui", "starlette", "fastapi"}
    pages = {f"webapp.{own}.{visible}" for visible in ("components", "pages")}
    return {"nicegui", *pages}


def test_every_import_follows_the_arrows() -> None:
    wrong, counted = [], 0
    for module, path in modules(*PRODUCT):
        for name in imports(path):
            counted += 1
            wrong += [f"{module} imports {name}" for banned in rules(module) if within(name, banned)]
    assert not wrong, "\n".join(wrong)
    assert counted > 300


def test_the_rules_catch_a_wrong_arrow() -> None:
    assert "nicegui" in rules("webapp.people.service")
    assert "webapp.visits" in rules("webapp.records.components")
    assert "webapp.people.model" in rules("webapp.visits.service")
    assert "peewee" in rules("webapp.records.components")
    assert "mediacore.reference" in rules("webapp.visits.service")
    assert "mediacore.reference" in rules("mediacore.jitter")
    for base in (
        "access",
        "signal",
        "settings",
        "store.database",
        "guard.door",
        "look.frame",
        "locale.spoken",
    ):
        assert rules(f"webapp.{base}") >= SLICES, base
    assert not MEDIA & rules("webapp.visits.service")
    assert rules("webapp.records.service") >= MEDIA


@pytest.mark.parametrize("folder", [*PRODUCT, "tests", "benchmarks"])
def test_files_and_functions_stay_small(folder: str) -> None:
    long = []
    suffixes = (".py", ".pyx", ".js", ".css", ".h")
    for path in sorted(p for p in (ROOT / folder).rglob("*") if p.suffix in suffixes):
        text = path.read_text()
        lines = text.count("\n")
        if lines > FILE_AT_MOST:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    length = (node.end_lineno or 0) - node.lineno + 1
                    if length > FUNCTION_AT_MOST:
                        long.append(f"{path.relative_to(ROOT)}: {node.name}: {length} lines")
    assert not long, "\n".join(long)


BANNED = {
    r"sanitize\s*=\s*False": "HTML that nobody sanitised",
    r"^@ui\.refreshable\b(?!_method)": "a refreshable of the module renders for whoever clicked",
    r"app\.storage\.(user|browser|general)": "NiceGUI's storage is a plain file",
    r"asyncio\.create_task\((?!.*name=)": "a task without a name",
    r"\bTODO\b|\bFIXME\b": "unfinished",
    r"\bprint\(": "the log, or the command line's own output",
}


def test_nothing_that_bites_is_in_the_product() -> None:
    found = []
    for module, path in modules("webapp", "hardware", "mediacore"):
        if module.startswith(("webapp.command", "webapp.__main__", "webapp.demo")):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found += [
                f"{module}:{number}: {why}" for pattern, why in BANNED.items() if re.search(pattern, line)
            ]
    assert not found, "\n".join(found)


def test_no_file_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "tools"}
    assert not [module for module, _ in modules(*PRODUCT) if module.split(".")[-1] in drawers]


def test_the_project_speaks_of_itself_alone() -> None:
    foreign = re.compile(r"/work/|/root/|r-seed|pypi\.org|registry\.npmjs|deb\.debian\.org", re.I)
    suffixes = {".py", ".pyx", ".js", ".css", ".md", ".toml", ".txt", ".html", ".po", ".sh", ""}
    skipped = {
        ".venv",
        ".venv-fuzz",
        ".venv-peers",
        ".git",
        "build",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
    }
    found = []
    for path in ROOT.rglob("*"):
        parts = set(path.relative_to(ROOT).parts)
        if not path.is_file() or path.suffix not in suffixes or parts & skipped or path == Path(__file__):
            continue
        if foreign.search(path.read_text(errors="ignore")):
            found.append(str(path.relative_to(ROOT)))
    assert not found


def test_the_tables_of_defences_describe_the_code_as_it_is() -> None:
    """Whoever changes a defence or its test mends the entry in tests/defences/; `make defences` turns each one off."""
    found = defences()
    assert not [problem for defence in found if (problem := defence.problem())]
    names = [defence.name for defence in found]
    assert len(names) == len(set(names))
    rows = {row for defence in found for row in defence.row}
    print(f"\ndefences: {len(found)} for {len(rows)} rows")
    assert rows >= TRUST_TESTS
    assert len(found) >= DEFENCES
