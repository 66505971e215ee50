"""The shell's scripts as a browser asks for them: what both sides need is one file, what one side needs another.

They are written as modules of a page or two; a browser on a weak line would ask for three dozen, six at a time. Joined,
each module is a function that runs once, in the order in which modules run, and hands out what it exports. Whatever a
side loads later, and what that alone needs, stays a file of its own.
"""

import re
from collections.abc import Iterable, Mapping

BOTH = "both.js"
SIDES = ("patient.js", "clinician.js")
AHEAD = frozenset({"early.js"})  # runs before the rest has come
IMPORT = re.compile(r"^import \{ (\w+(?:, \w+)*) \} from '\./([a-z]+)\.js';$", re.MULTILINE)
LATER = re.compile(r"\bimport\('\./([a-z]+\.js)'\)")
SOURCE = re.compile(rb"^import .* from '\./([a-z]+\.js)';$", re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?function|class|const) (\w+)", re.MULTILINE)
STRANGE = re.compile(r"^(?:import|export)\b(?!\().*", re.MULTILINE)


def joined(scripts: Mapping[str, bytes]) -> dict[str, bytes]:
    """Every script by its name, rewritten, and BOTH. Raises ValueError where one imports or exports in another way."""
    files = {name: body.decode() for name, body in scripts.items()}
    for name, text in files.items():
        if found := STRANGE.search(EXPORT.sub("", IMPORT.sub("", text))):
            raise ValueError(f"{name}: cannot join {found[0]!r}")
    orders = [in_order(scripts, side) for side in SIDES]
    both = [name for name in orders[0] if name in orders[1]]
    later = {
        name for text in files.values() for each in LATER.findall(text) for name in in_order(scripts, each)
    }
    made = {name: _apart(text, both) for name, text in files.items()}
    made[BOTH] = _together(files, both, both)
    for side, order in zip(SIDES, orders, strict=True):
        own = [name for name in order if name not in {*both, *later, *AHEAD}]
        made[side] = _together(files, own, both)
    return {name: text.encode() for name, text in made.items()}


def in_order(scripts: Mapping[str, bytes], first: str) -> list[str]:
    """A module and all that comes with it, each after what it imports. Raises ValueError for a circle."""
    done, under_way = list[str](), list[str]()

    def visit(name: str) -> None:
        if name in under_way:
            raise ValueError(f"a circle of imports: {' -> '.join([*under_way, name])}")
        if name in done:
            return
        under_way.append(name)
        for source in SOURCE.findall(scripts[name]):
            visit(source.decode())
        done.append(under_way.pop())

    visit(first)
    return done


def _together(files: Mapping[str, str], members: list[str], both: list[str]) -> str:
    """These as one file. BOTH hands its modules out, each under its name with a $ before it."""
    taken, parts = list[str](), list[str]()
    for member in members:
        text = files[member]
        taken += [source for _, source in IMPORT.findall(text) if f"{source}.js" not in members]
        names = ", ".join(name for _, name in EXPORT.findall(text))
        body = EXPORT.sub(r"\1 \2", IMPORT.sub(r"const { \1 } = $\2;", text))
        outwards = "export " if members == both else ""
        stem = member.removesuffix(".js")
        parts.append(f"{outwards}const ${stem} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();")
    return "\n".join([*_imports(taken, both), *parts])


def _apart(text: str, both: list[str]) -> str:
    """One that stays a file: what it takes from a module in BOTH is that module, and no second one."""
    taken = [source for _, source in IMPORT.findall(text) if f"{source}.js" in both]
    body = IMPORT.sub(
        lambda found: f"const {{ {found[1]} }} = ${found[2]};" if found[2] in taken else found[0], text
    )
    return "\n".join([*_imports(taken, both), body])


def _imports(sources: Iterable[str], both: list[str]) -> list[str]:
    ours = dict.fromkeys(sources)
    handed = ", ".join(f"${source}" for source in ours if f"{source}.js" in both)
    others = [f"import * as ${source} from './{source}.js';" for source in ours if f"{source}.js" not in both]
    return [*([f"import {{ {handed} }} from './{BOTH}';"] if handed else []), *others]
