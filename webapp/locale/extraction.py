"""Which words a slice shows: read from its Python, JavaScript and templates."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_javascript
from jinja2.ext import babel_extract

PACKAGE = Path(__file__).parent.parent
PLACEHOLDER = re.compile(r"\{(\w*)\}")

# Folders without a .po of their own.
_SHARED = {"command": "app", "guard": "app", "store": "app", "locale": "look"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One text in the source: its plural, if it has one, and the file it was found in."""

    one: str
    many: str | None
    place: str


@dataclass(slots=True, kw_only=True)
class Found:
    """The texts of one slice, and the calls that no catalogue can follow."""

    texts: list[Source] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def slices() -> dict[str, Found]:
    """Every slice with its texts; 'app' holds the files directly in the package."""
    found: dict[str, Found] = {}
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix not in (".py", ".js", ".html") or "__pycache__" in path.parts:
            continue
        inside = path.relative_to(PACKAGE)
        folder = inside.parts[0] if len(inside.parts) > 1 else "app"
        extract(path, inside.as_posix(), found.setdefault(_SHARED.get(folder, folder), Found()))
    return {name: slice_ for name, slice_ in found.items() if slice_.texts or slice_.faults}


def extract(path: Path, place: str, found: Found) -> None:
    """Add the texts of one file, and its faults, to `found`."""
    if path.suffix == ".py":
        _python(ast.parse(path.read_text(encoding="utf-8")), place, found)
        return
    for function, texts in _markup(path):
        one, other = (texts[0], texts[1]) if isinstance(texts, (tuple, list)) else (texts, None)
        if isinstance(one, str) and one:
            many = other if function in ("tn", "ngettext") else None
            found.texts.append(Source(one=one, many=many, place=place))


def placeholders(text: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(PLACEHOLDER.findall(text))


def _markup(path: Path) -> Iterator[tuple[str, Any]]:
    with path.open("rb") as file:
        if path.suffix == ".js":
            calls: Any = extract_javascript(file, {"t": None, "tn": (1, 2)}, [], {})
            for _line, name, texts, _comments in calls:
                yield name, texts
        else:
            options = {"encoding": "utf-8", "silent": "false"}
            for _number, function, words, _notes in babel_extract(file, ("_", "ngettext"), [], options):
                yield str(function or ""), words


def _python(tree: ast.AST, place: str, found: Found) -> None:
    for call in _calls(tree):
        name, arguments = _name(call), call.args
        if name in ("_", "N_") and arguments:
            _take(arguments[0], None, place, found)
        elif name == "ngettext" and len(arguments) >= 2:
            _take(arguments[0], arguments[1], place, found)
        elif name == "Invalid" and len(arguments) >= 2 and isinstance(arguments[1], ast.Constant):
            _take(arguments[1], None, place, found)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _take(one: ast.expr, many: ast.expr | None, place: str, found: Found) -> None:
    texts = [each for each in (one, many) if each is not None]
    if all(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in texts):
        first, *rest = (str(each.value) for each in texts if isinstance(each, ast.Constant))
        if first:
            found.texts.append(Source(one=first, many=rest[0] if rest else None, place=place))
    elif any(
        isinstance(node, (ast.JoinedStr, ast.BinOp, ast.Call)) for each in texts for node in ast.walk(each)
    ):
        found.faults.append(f"{place}:{one.lineno}: a text that is put together cannot be translated")
