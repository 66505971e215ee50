"""The call shell's document and its files: rendered from `shell/`, served with their content's hash."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from webapp.guard.wall import SHELL as POLICY
from webapp.locale import catalog, language, languages
from webapp.look.assets import asset_url
from webapp.people.practice import Practice
from webapp.records.body import SITES, place_words
from webapp.visits.joining import in_order, joined

FOLDER = Path(__file__).parent / "shell"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
STYLES = ("tokens.css", "shell.css")  # before anything is shown
IMPORTED = re.compile(rb"((?:from |import |import\()'\./[a-z]+\.js)'")
TEXT = re.compile(r"\b(?:t\('([^']*)'|tn\('([^']*)', '([^']*)')")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
Words = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """The shell's files in one language, and the one version of all its scripts."""

    files: Mapping[str, bytes]
    scripts: str


class Shell:
    """Reads its folder once."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self._files = {path.name: lean(path) for path in FOLDER.iterdir() if path.suffix in TYPES}
        self._spoken: dict[str, Spoken] = {}
        pages = Environment(loader=FileSystemLoader(FOLDER), autoescape=True)
        self._page = pages.get_template("call.html")

    def document(self, side: str, visit_id: str) -> HTMLResponse:
        """The page of one side, in the reader's language. Nothing in it is about the visit but its id."""
        data = {
            "side": side,
            "visit": visit_id,
            "language": language(),
            "practice": {
                "name": self.practice.name,
                "phone": self.practice.phone,
                "emergency": self.practice.emergency,
            },
            "demo": self.practice.demo,
            "home": "/",
            "places": [[key, place_words(key, ""), site.paired] for key, site in SITES.items()],
        }
        page = self._page.render(
            side=side,
            visit_id=visit_id,
            data=data,
            asset=self.asset,
            styles=map(self.asset, STYLES),
            scripts=self.scripts(side),
        )
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})

    def scripts(self, side: str) -> list[str]:
        """The addresses of what one side imports from the start: the page asks for all of it at once."""
        return [self.asset(name) for name in in_order(self._in(language()).files, f"{side}.js")]

    def needed(self, side: str) -> list[str]:
        """All that one side's page asks for before it shows anything."""
        return [*map(self.asset, STYLES), *self.scripts(side)]

    def asset(self, name: str) -> str:
        """The address of a file of the shell, else of the look. Raises KeyError."""
        version = self._version(name, language())
        return f"/shell/{name}?v={version}" if version else asset_url(name)

    def file(self, request: Request, name: str) -> Response:
        """A file in the language of its version; without one, in the reader's."""
        if name not in self._in(language()).files:
            return PlainTextResponse("no such file\n", 404)
        wanted = request.query_params.get("v")
        lasting = next((each for each in languages() if self._version(name, each) == wanted), None)
        version = self._version(name, lasting or language())
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
            "ETag": f'"{version}"',
        }
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        body = self._in(lasting or language()).files[name]
        if name.endswith(".js"):
            body = IMPORTED.sub(rb"\1?v=" + version.encode() + rb"'", body)
        return Response(body, headers=headers, media_type=TYPES[Path(name).suffix])

    def _version(self, name: str, tongue: str) -> str:
        """One for all scripts, because they import each other; a style sheet has its own. "" if it is not ours."""
        spoken = self._in(tongue)
        if name not in spoken.files:
            return ""
        return spoken.scripts if name.endswith(".js") else _digest(spoken.files[name])

    def _in(self, tongue: str) -> Spoken:
        if tongue not in self._spoken:
            words = catalog(tongue, "visits", places="visits/shell/")
            scripts = joined(
                {name: worded(body, words) for name, body in self._files.items() if name.endswith(".js")}
            )
            version = _digest(b"".join(scripts[name] for name in sorted(scripts)))
            self._spoken[tongue] = Spoken(files={**self._files, **scripts}, scripts=version)
        return self._spoken[tongue]


def lean(path: Path) -> bytes:
    """A file of the shell as it is sent: without comments and indentation.

    On a weak line these would be a quarter of the wait. No text of the shell runs over lines, so none is touched.
    """
    if path.suffix == ".css":
        style = re.sub(r"\s*([{};])\s*", r"\1", COMMENT.sub("", path.read_text(encoding="utf-8")))
        return style.replace(": ", ":").replace(", ", ",").replace(";}", "}").encode()
    if path.suffix != ".js":
        return path.read_bytes()
    kept, inside = [], False
    for line in (line.strip() for line in path.read_text(encoding="utf-8").splitlines()):
        inside = inside or line.startswith("/**")
        if line and not inside and not line.startswith("//"):
            kept.append(line)
        inside = inside and not line.endswith("*/")
    return "\n".join(kept).encode()


def worded(script: bytes, words: Words) -> bytes:
    """A script in another language, with each text in the place of the English one: it is sent once and no more."""

    def spoken(found: re.Match[str]) -> str:
        single, one, many = found.groups()
        if single is not None:
            return f"t({_literal(words.get(single, single))}"
        return f"tn({', '.join(map(_literal, words.get(one, (one, many))))}"

    return TEXT.sub(spoken, script.decode()).encode()


def _literal(text: object) -> str:
    return json.dumps(text, ensure_ascii=False)


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:10]
