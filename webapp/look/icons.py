"""Our line icons: 24 px grid, 1.75 stroke, worn as CSS masks so that they take the colour of the text."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import quote

SHEET = Path(__file__).parent / "assets" / "icons.svg"

_SYMBOL = re.compile(r'<symbol id="([a-z-]+)" viewBox="0 0 24 24">(.*)</symbol>')
_PEN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="black" '
    'stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">'
)


@cache
def icons() -> dict[str, str]:
    """Every icon's name and the inside of its SVG."""
    return dict(_SYMBOL.findall(SHEET.read_text(encoding="utf-8")))


def icons_css() -> str:
    """The style sheet behind `<span class="icon icon-video">`."""
    return "".join(f".icon-{name} {{ --mask: {_mask(inside)}; }}\n" for name, inside in icons().items())


def _mask(inside: str) -> str:
    picture = quote(f"{_PEN}{inside}</svg>", safe=" =:/-.,")
    return f'url("data:image/svg+xml,{picture}")'
