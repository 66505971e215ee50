"""How a language is named and written in a page's markup."""

from webapp.locale import language

LANGUAGE_NAMES = {"en": "English", "es": "Español"}
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


def html_language() -> str:
    """The `lang` attribute; the test language counts as the English that it disguises."""
    return language() if language() in LANGUAGE_NAMES else "en"


def direction() -> str:
    """The `dir` attribute."""
    return "rtl" if language() in _RIGHT_TO_LEFT else "ltr"
