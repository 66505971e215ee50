"""The tokens keep their promises: one place for colours, contrast that is measured, icons that exist."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

import webapp.look
from webapp.look.assets import asset_url
from webapp.look.design import DARK, KIND_ICONS, KINDS, LIGHT, STAGE, mark_svg, tokens_css
from webapp.look.icons import SHEET, icons

LOOK = Path(webapp.look.__file__).parent
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b(?![^\n]*href)|\b(?:rgb|rgba|hsl|hsla|oklch)\(")
QUOTED = re.compile(r"['\"`]#[0-9a-fA-F]{3,8}['\"`]|\b(?:rgb|rgba|hsl|hsla|oklch)\(")
GROUNDS = ("bg", "surface", "sunk")
WORDS_ON_GROUNDS = [
    *(
        (word, ground)
        for word in ("ink", "ink2", "accent", "urgent", "good", "attention")
        for ground in GROUNDS
    ),
    *((kind, f"{kind}-ground") for kind in ("good", "attention", "urgent", "information")),
    *(("ink", f"{kind}-ground") for kind in ("good", "attention", "urgent", "information")),
    *(("accent", "tint"), ("ink", "tint"), ("on-accent", "accent"), ("on-accent", "accent-strong")),
    *(("on-urgent", "urgent"), ("on-urgent", "urgent-strong"), ("bg", "ink")),
]
NEEDED = (
    "today", "patients", "message", "monitoring", "practice", "audit", "video", "video-off", "mic",
    "mic-off", "screen", "camera", "chat", "phone", "more", "check", "warning", "plus", "search", "lock",
    "leave", "sign-out", "close", "person", "note", "pill", "allergy", "problem", "link", "copy",
    "clock", "chevron", "bell", "bell-off", "edit", "undo", "language", "key", "shield", "listen",
    "urgent", "information",
)  # fmt: skip


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2.2, 1.4.3, for two colours written #rrggbb."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[start:end], 16) / 255 for start, end in pairwise((1, 3, 5, 7))]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("tokens", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
def test_words_can_be_read_on_every_ground(tokens: dict[str, str]) -> None:
    faint = {
        (word, ground): round(contrast(tokens[word], tokens[ground]), 2)
        for word, ground in WORDS_ON_GROUNDS
        if contrast(tokens[word], tokens[ground]) < 4.5
    }
    assert faint == {}


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_a_field_has_an_edge_that_can_be_seen(tokens: dict[str, str]) -> None:
    assert min(contrast(tokens["edge"], tokens[ground]) for ground in ("bg", "surface")) >= 3


def test_the_stage_can_be_read() -> None:
    for word in ("stage-ink", "stage-ink2", "stage-good", "stage-attention", "stage-urgent", "stage-accent"):
        assert min(contrast(STAGE[word], STAGE[ground]) for ground in ("stage", "stage-surface")) >= 4.5
    assert contrast(STAGE["on-stage-accent"], STAGE["stage-accent"]) >= 4.5
    assert min(contrast(STAGE[trace], STAGE["trace"]) for trace in ("ecg", "pleth")) >= 7


def test_light_and_dark_name_the_same_colours() -> None:
    assert set(LIGHT) == set(DARK)


def test_no_colour_stands_outside_the_tokens() -> None:
    """In the look itself nowhere; in the slices in no sheet, page or script. A script's private `#add` is no colour."""
    paths = [path for path in LOOK.rglob("*") if path.suffix in (".py", ".css", ".js", ".html", ".svg")]
    slices = [
        path for path in LOOK.parent.rglob("*") if path.suffix in (".css", ".html") and path not in paths
    ]
    scripts = [path for path in LOOK.parent.rglob("*.js") if path not in paths]
    assert len(paths) > 25
    assert len(slices) > 10
    assert len(scripts) > 30
    strangers = [
        f"{path.name}: {line.strip()}"
        for pattern, looked_at in ((COLOUR, (*paths, *slices)), (QUOTED, scripts))
        for path in looked_at
        if path.name != "design.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if pattern.search(line)
    ]
    assert strangers == []


def test_every_variable_that_is_used_is_a_token() -> None:
    known = set(re.findall(r"--([a-z0-9-]+):", tokens_css()))
    sheets = "\n".join(path.read_text(encoding="utf-8") for path in LOOK.glob("assets/*.css"))
    known |= set(re.findall(r"--([a-z0-9-]+):", sheets)) | {"mask"}
    assert set(re.findall(r"var\(--([a-z0-9-]+)", sheets)) <= known


def test_the_icons_are_all_there_and_well_drawn() -> None:
    assert set(NEEDED) <= set(icons())
    assert set(KIND_ICONS.values()) <= set(icons())
    assert set(KIND_ICONS) == set(KINDS)
    assert len({KIND_ICONS[kind] for kind in KINDS}) == len(KINDS)
    ElementTree.parse(SHEET)
    ElementTree.fromstring(mark_svg())


def test_an_address_changes_with_its_content() -> None:
    assert re.fullmatch(r"/assets/tokens\.css\?v=[0-9a-f]{16}", asset_url("tokens.css"))
    with pytest.raises(KeyError):
        asset_url("nothing.css")
