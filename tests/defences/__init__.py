"""The defences of the product, each with the test that must go red without it: tables beside this file.

[a name in the field's words]
row   which rows of the list of trust tests it belongs to; 0 for the lock itself
file  where it stands
text  the very text that is the defence; it occurs once in that file. A list where it stands in several places
off   what stands there instead when it is turned off: the product still starts
test  the test that must fail then, or one of its kind: file::name or file::name[which]
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defence:
    name: str
    row: list[int]
    file: str
    text: str | list[str]
    off: str | list[str]
    test: str

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Each text with what stands in its place."""
        texts, offs = ([each] if isinstance(each, str) else each for each in (self.text, self.off))
        return list(zip(texts, offs, strict=True))

    def problem(self) -> str:
        """What is wrong with this entry, in one line; "" if it still describes the code."""
        try:
            whole = (ROOT / self.file).read_text()
        except OSError:
            return f"{self.name}: there is no file {self.file}"
        for text, off in self.changes:
            if whole.count(text) != 1 or text == off:
                return f"{self.name}: {text[:60]!r} occurs {whole.count(text)} times in {self.file}; need one"
        path, _, name = self.test.partition("::")
        if not (ROOT / path).is_file() or f"def {name.partition('[')[0]}(" not in (ROOT / path).read_text():
            return f"{self.name}: there is no test {self.test}"
        return ""


def defences() -> list[Defence]:
    """Every entry of every table, in their order."""
    tables = sorted(Path(__file__).parent.glob("*.toml"))
    return [
        Defence(name=name, **entry)
        for table in tables
        for name, entry in tomllib.loads(table.read_text()).items()
    ]
