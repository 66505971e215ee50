"""Pages outside NiceGUI: for strangers, patients, and every kind answer to what did not work."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from webapp.locale import LANGUAGES, _, clock, clock_seconds, date, day, language, ngettext, zone_label
from webapp.look.assets import asset_url
from webapp.look.design import KIND_ICONS, theme_colours
from webapp.look.languages import LANGUAGE_NAMES, direction, html_language

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def plain_page(
    template: str,
    *,
    title: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> HTMLResponse:
    """A plain page from a template of `look/templates`, or of a slice: "people/sign_in.html".

    A slice keeps its templates in its own folder `templates`. Each extends "base.html", which reads
    `practice` (a name above the content), `demo` and `back` (the path to return to after a change of
    language; without it no choice of language is shown).
    """
    page = _environment().get_template(template).render({"title": title, **context})
    return HTMLResponse(
        page,
        status_code=status,
        headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store", **(headers or {})},
    )


def icon_html(name: str, *classes: str) -> Markup:
    """One of our icons as HTML; silent to a screen reader, for the word stands beside it."""
    return Markup('<span class="{}" aria-hidden="true"></span>').format(
        " ".join(("icon", f"icon-{name}", *classes))
    )


@cache
def _environment() -> Environment:
    slices = {
        folder.parent.name: FileSystemLoader(folder) for folder in TEMPLATES.parent.parent.glob("*/templates")
    }
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(TEMPLATES), PrefixLoader(slices)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        _=_,
        ngettext=ngettext,
        language=language,
        html_language=html_language,
        direction=direction,
        language_names=[(code, LANGUAGE_NAMES[code]) for code in LANGUAGES],
        asset_url=asset_url,
        icon=icon_html,
        kind_icons=KIND_ICONS,
        theme_colours=theme_colours(),
        clock=clock,
        clock_seconds=clock_seconds,
        date=date,
        day=day,
        zone_label=zone_label,
        practice="",
        demo=False,
        action=None,
        text="",
    )
    return environment
