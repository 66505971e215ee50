"""The tokens: the only place with colours. They leave as CSS variables, light and dark.

Names are the look's own: a page says `var(--urgent)`, never a colour.
"""

from typing import Literal

Kind = Literal["neutral", "accent", "good", "attention", "urgent", "information"]
KINDS: tuple[Kind, ...] = ("neutral", "accent", "good", "attention", "urgent", "information")

# A word's meaning in a picture, so that no meaning is told by colour alone.
KIND_ICONS: dict[Kind, str] = {
    "neutral": "note",
    "accent": "clock",
    "good": "check",
    "attention": "warning",
    "urgent": "urgent",
    "information": "information",
}

LIGHT = {
    "bg": "#f7f6f3",
    "surface": "#ffffff",
    "sunk": "#efede8",
    "line": "#e2ded7",
    "edge": "#868b88",  # the border of a field: 3:1 on surface and on bg
    "ink": "#1b2a2e",
    "ink2": "#4f6066",
    "accent": "#0b6771",
    "accent-strong": "#08535b",
    "on-accent": "#ffffff",
    "tint": "#e0f0f1",
    "good": "#216e43",
    "good-ground": "#e3f3e8",
    "attention": "#8a5a00",
    "attention-ground": "#fdf0d0",
    "urgent": "#ad1f16",
    "urgent-strong": "#8f170f",
    "on-urgent": "#ffffff",
    "urgent-ground": "#fce7e4",
    "information": "#2a58a0",
    "information-ground": "#e7effb",
    "veil": "rgb(16 24 26 / 0.45)",
    "lift": "0 1px 2px rgb(16 24 26 / 0.08), 0 8px 24px rgb(16 24 26 / 0.16)",
}

DARK = {
    "bg": "#10181a",
    "surface": "#182225",
    "sunk": "#0c1315",
    "line": "#2b393d",
    "edge": "#6d7d82",
    "ink": "#e9efef",
    "ink2": "#a7b6ba",
    "accent": "#5cc0c8",
    "accent-strong": "#79d0d7",
    "on-accent": "#06282c",
    "tint": "#12363a",
    "good": "#6fcf97",
    "good-ground": "#12301f",
    "attention": "#f0bd55",
    "attention-ground": "#33270c",
    "urgent": "#ff9a8f",
    "urgent-strong": "#ffb3aa",
    "on-urgent": "#3d1512",
    "urgent-ground": "#3d1512",
    "information": "#8db8f5",
    "information-ground": "#14263f",
    "veil": "rgb(4 8 9 / 0.6)",
    "lift": "0 1px 2px rgb(0 0 0 / 0.4), 0 8px 24px rgb(0 0 0 / 0.5)",
}

# The stage of a call and the traces are dark at any hour.
STAGE = {
    "stage": "#0c1315",
    "stage-surface": "#1d282b",
    "stage-line": "#2b393d",
    "stage-edge": "#6d7d82",
    "stage-ink": "#e9efef",
    "stage-ink2": "#a7b6ba",
    "stage-accent": "#5cc0c8",
    "on-stage-accent": "#06282c",
    "stage-good": "#6fcf97",
    "stage-attention": "#f0bd55",
    "stage-urgent": "#ff9a8f",
    "stage-veil": "rgb(8 13 15 / 0.78)",
    "video-near": "#5d6b69",
    "video-far": "#243031",
    "trace": "#071012",
    "trace-grid": "#12262a",
    "ecg": "#6fe3a1",
    "pleth": "#7cc7ff",
}

SIZES = {
    "font": 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif',
    "mono": 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
    "text-small": "0.8125rem",
    "text": "0.9375rem",
    "text-large": "1.125rem",
    "text-title": "1.5rem",
    "text-huge": "2rem",
    "s1": "4px",
    "s2": "8px",
    "s3": "12px",
    "s4": "16px",
    "s5": "24px",
    "s6": "32px",
    "s7": "48px",
    "radius": "8px",
    "radius-large": "12px",
    "round": "999px",
    "target": "36px",
    "line-length": "68ch",
    "quick": "120ms",
}


def tokens_css() -> str:
    """The style sheet of variables that shell, plain pages and NiceGUI pages load first."""
    return "\n".join(
        (
            _rule(":root", {"color-scheme": "light dark"}, {**SIZES, **STAGE, **LIGHT}),
            "@media (prefers-color-scheme: dark) {",
            _rule(":root", {}, DARK),
            "}",
            "@media (pointer: coarse) {",
            _rule(":root", {}, {"target": "44px"}),
            "}",
            "@media (prefers-reduced-motion: reduce) {",
            _rule(":root", {}, {"quick": "0ms"}),
            "}",
            "@media print {",
            _rule(":root", {"color-scheme": "light"}, {**LIGHT, "bg": "#ffffff"}),
            "}\n",
        )
    )


def mark_svg() -> str:
    """The picture in the browser's tab."""
    ground, pen = LIGHT["accent"], LIGHT["on-accent"]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{ground}"/>'
        f'<path d="M6 16.5h4.5L13 10l5 13 2.8-6.5H26" fill="none" stroke="{pen}" stroke-width="2.5"'
        ' stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def theme_colours() -> tuple[str, str]:
    """The colours of the browser's own frame around a page: light, dark."""
    return LIGHT["bg"], DARK["bg"]


def _rule(selector: str, plain: dict[str, str], variables: dict[str, str]) -> str:
    lines = [f"  {name}: {value};" for name, value in plain.items()]
    lines += [f"  --{name}: {value};" for name, value in variables.items()]
    return "\n".join((f"{selector} {{", *lines, "}"))
