"""The shell's scripts joined: each module once, in order, and the same one for whatever is loaded later."""

import re

import pytest

from webapp.visits.document import FOLDER, lean
from webapp.visits.joining import AHEAD, BOTH, IMPORT, SIDES, in_order, joined

SMALL = {
    "text.js": b"export const t = (words) => words;",
    "room.js": b"import { t } from './text.js';\nexport class Room { words = t('x'); }\nexport function open() {}",
    "gauge.js": b"import { t } from './text.js';\nexport const gauge = t('y');",
    "door.js": b"import { gauge } from './gauge.js';\nexport async function door() { await import('./late.js'); }",
    "early.js": b"export const early = 1;",
    "late.js": b"import { gauge } from './gauge.js';\nimport { t, u } from './text.js';\nexport const late = t(gauge);",
    "patient.js": b"import { Room, open } from './room.js';\nimport { door } from './door.js';\nopen(door);",
    "clinician.js": b"import { early } from './early.js';\nimport { Room } from './room.js';\nnew Room(early);",
}


@pytest.fixture(scope="module")
def real() -> dict[str, bytes]:
    return joined({path.name: lean(path) for path in FOLDER.glob("*.js")})


def test_what_both_need_is_one_file_and_what_one_needs_another() -> None:
    made = {name: body.decode() for name, body in joined(SMALL).items()}
    assert made[BOTH].splitlines() == [
        "export const $text = (() => {",
        "const t = (words) => words;",
        "return { t };",
        "})();",
        "export const $room = (() => {",
        "const { t } = $text;",
        "class Room { words = t('x'); }",
        "function open() {}",
        "return { Room, open };",
        "})();",
    ]
    assert made["patient.js"].startswith(
        "import { $room } from './both.js';\nimport * as $gauge from './gauge.js';\nconst $door = (() => {\n"
    )
    assert "export" not in made["patient.js"]
    assert made["clinician.js"].startswith(
        "import { $room } from './both.js';\nimport * as $early from './early.js';"
    )


def test_what_comes_later_takes_the_same_modules() -> None:
    made = {name: body.decode() for name, body in joined(SMALL).items()}
    assert made["late.js"].splitlines() == [
        "import { $text } from './both.js';",
        "import { gauge } from './gauge.js';",
        "const { t, u } = $text;",
        "export const late = t(gauge);",
    ]
    assert "$gauge = " not in "".join(made.values())  # a second one would be another gauge


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("room.js", b"import * as all from './text.js';", "cannot join"),
        ("room.js", b"import { t as u } from './text.js';", "cannot join"),
        ("room.js", b"export default 1;", "cannot join"),
        ("room.js", b"export let count = 0;", "cannot join"),
        ("text.js", b"import { open } from './room.js';", "a circle of imports: .*room.js"),
    ],
)
def test_another_way_of_importing_is_told(name: str, line: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        joined({**SMALL, name: line + b"\n" + SMALL[name]})


def test_each_module_of_the_shell_is_there_once(real: dict[str, bytes]) -> None:
    files = {path.name: lean(path) for path in FOLDER.glob("*.js")}
    for side in SIDES:
        asked = in_order(real, side)
        assert {BOTH, side} <= set(asked) <= {BOTH, side, "meter.js", *AHEAD}
        whole = "".join(real[name].decode() for name in asked)
        inside = re.findall(r"^(?:export )?const \$([a-z]+) = \(\(\) => \{$", whole, re.MULTILINE)
        assert len(inside) == len(set(inside))
        assert {*inside, *(name.removesuffix(".js") for name in asked if name in files)} >= {
            name.removesuffix(".js") for name in in_order(files, side)
        }
    later = [
        name
        for name in files
        if name not in SIDES
        and not re.search(rf"^(?:export )?const \${name[:-3]} = ", real[BOTH].decode(), re.MULTILINE)
    ]
    assert len(later) > 25
    for name in later:
        taken = {f"{source}.js" for _, source in IMPORT.findall(real[name].decode())}
        assert all(f"const ${each[:-3]} = " not in real[BOTH].decode() for each in taken), name
