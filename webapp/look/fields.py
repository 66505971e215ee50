"""Fields: label above, error below in words that say how to mend it, a native control between."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.value_element import ValueElement
from nicegui.events import GenericEventArguments, ValueChangeEventArguments

from webapp.locale import _
from webapp.look.layout import name_for_tests

Change = Callable[[ValueChangeEventArguments[Any]], Any]


class Field(ui.input, component="field.js"):
    """A native text control. `value` is a string; set `error` to a sentence, or to None when mended."""

    def __init__(
        self,
        label: str,
        *,
        value: str = "",
        hint: str = "",
        kind: str = "text",
        autocomplete: str = "off",
        placeholder: str = "",
        maxlength: int = 0,
        inputmode: str = "",
        suffix: str = "",
        rows: int = 0,
        wide: bool = False,
        on_change: Change | None = None,
        testid: str = "",
    ) -> None:
        super().__init__(label, value=value, on_change=on_change, placeholder=placeholder or None)
        self.props["type"] = "textarea" if rows else kind
        self.props["autocomplete"] = autocomplete
        given: dict[str, Any] = {
            "hint": hint,
            "rows": rows,
            "maxlength": maxlength,
            "inputmode": inputmode,
            "suffix": suffix,
        }
        for name, setting in given.items():
            if setting:
                self.props[name] = setting
        if wide:
            self.classes("field-wide")
        name_for_tests(self, testid)

    @property
    def words(self) -> str:
        """The value without blanks around it."""
        return (self.value or "").strip()

    def focus(self) -> None:
        """Put the cursor here."""
        self.run_method("focus")


class NumberField(Field, component="field.js"):
    """A number typed with point or comma."""

    def __init__(self, label: str, *, value: float | None = None, **options: Any) -> None:
        written = "" if value is None else f"{value:g}"
        super().__init__(label, value=written, **{"inputmode": "decimal", **options})

    @property
    def number(self) -> float | None:
        """The number; None for an empty field, and for an unreadable one, which then shows how to write it."""
        if not self.words:
            return None
        try:
            return float(self.words.replace(",", "."))
        except ValueError:
            self.error = _("Write a number, such as 12.5")
            return None


class DateField(Field, component="field.js"):
    """A day, typed or picked in the browser's own way. Half of one has words and no date."""

    def __init__(self, label: str, *, value: dt.date | None = None, **options: Any) -> None:
        super().__init__(label, value=value.isoformat() if value else "", kind="date", **options)

    @property
    def date(self) -> dt.date | None:
        """The day; None while the field is empty or half typed."""
        try:
            return dt.date.fromisoformat(self.words)
        except ValueError:
            return None


class SelectField(ui.input, component="field.js"):
    """One of a few, as the browser shows it. `value` is the key; a key that is not offered is never taken."""

    def __init__(
        self,
        label: str,
        options: Mapping[str, str],
        *,
        value: str = "",
        hint: str = "",
        on_change: Change | None = None,
        testid: str = "",
    ) -> None:
        self._keys = tuple(options)
        super().__init__(label, value=value if value in options else self._keys[0], on_change=on_change)
        if hint:
            self.props["hint"] = hint
        name_for_tests(self, testid)
        self.set_choices(options)

    def set_choices(self, options: Mapping[str, str]) -> None:
        """Offer other choices; a value that is no longer offered becomes the first."""
        self._keys = tuple(options)
        self.props["options"] = [{"value": key, "label": words} for key, words in options.items()]
        if self.value not in options:
            self.value = self._keys[0]

    def _event_args_to_value(self, event: GenericEventArguments) -> str | None:
        return str(event.args) if event.args in self._keys else self.value


class Check(ValueElement[bool], component="choice.js"):
    """A box to tick, with its words beside it. `value` is a bool."""

    VALUE_PROP = "value"
    LOOPBACK = False

    def __init__(
        self, label: str, *, value: bool = False, on_change: Change | None = None, testid: str = ""
    ) -> None:
        super().__init__(value=value, on_value_change=on_change)
        self.props["label"] = label
        name_for_tests(self, testid)

    def _event_args_to_value(self, event: GenericEventArguments) -> bool:
        return event.args is True


class Choice(ValueElement[str], component="choice.js"):
    """One of a few, all in sight. `value` is the key, "" until chosen; `set_error` shows a sentence below."""

    VALUE_PROP = "value"
    LOOPBACK = False

    def __init__(
        self,
        label: str,
        options: Mapping[str, str],
        *,
        value: str = "",
        on_change: Change | None = None,
        testid: str = "",
    ) -> None:
        self._keys = tuple(options)
        super().__init__(value=value, on_value_change=on_change)
        self.props["label"] = label
        self.props["options"] = [{"value": key, "label": words} for key, words in options.items()]
        name_for_tests(self, testid)

    def set_error(self, words: str | None) -> None:
        """Say below the choices what is missing; None takes it away."""
        self.props["error"] = words or ""

    def _event_args_to_value(self, event: GenericEventArguments) -> str:
        return str(event.args) if event.args in self._keys else self.value


def text_field(label: str, **options: Any) -> Field:
    """One line. Options: those of `Field`, `kind` being text, email, tel, url, search, time or password."""
    return Field(label, **options)


def textarea_field(label: str, *, rows: int = 3, **options: Any) -> Field:
    """Several lines; grows with its text."""
    return Field(label, rows=rows, **options)


def number_field(label: str, **options: Any) -> NumberField:
    """A number with an optional `suffix` for its unit; read `.number`."""
    return NumberField(label, **options)


def date_field(label: str, **options: Any) -> DateField:
    """A day; read `.date`. A birth date takes `autocomplete="bday"`."""
    return DateField(label, **options)


def select_field(label: str, options: Mapping[str, str], **more: Any) -> SelectField:
    """One of a few, key -> words; read `.value`."""
    return SelectField(label, options, **more)


def check(label: str, **options: Any) -> Check:
    """A box to tick; read `.value`."""
    return Check(label, **options)


def choice(label: str, options: Mapping[str, str], **more: Any) -> Choice:
    """Radio buttons, key -> words; read `.value`."""
    return Choice(label, options, **more)
