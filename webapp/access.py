"""Who may do what. Pure: facts come in as an Actor and a Subject, a refusal goes out as an exception.

Refused            may not
  Hidden           may not, and may not learn that it exists: answered as if unknown
Invalid            the input cannot be taken; says which field and why
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

Method = TypeVar("Method", bound=Callable[..., object])


class Role(StrEnum):
    PATIENT = "patient"
    GUEST = "guest"
    CLINICIAN = "clinician"
    ASSISTANT = "assistant"
    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"  # whoever holds a shell on the server: the command line and the system's own jobs


class State(StrEnum):
    """The state of an account, a seat or a session. Only an active one may act."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Standing:
    """Shared by every Actor of one session, so that whoever still holds one learns that it is over."""

    __slots__ = ("over",)

    def __init__(self) -> None:
        self.over = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who acts, resolved once per request or page from their own session."""

    id: str
    name: str
    roles: frozenset[Role]
    state: State
    session_id: str = ""
    visit_id: str = ""  # a seat in a visit acts in that visit alone
    patient_id: str = ""
    language: str = "en"
    zone: str = "UTC"
    standing: Standing = field(default_factory=Standing, compare=False, repr=False)

    def has(self, *roles: Role) -> bool:
        return bool(self.roles.intersection(roles))


SYSTEM = Actor(id="system", name="", roles=frozenset({Role.OPERATOR}), state=State.ACTIVE)  # jobs, sockets


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is acted on, with the facts that the decision needs, loaded in the same transaction."""

    kind: str
    id: str = ""
    state: str = ""
    patient_id: str = ""
    visit_id: str = ""
    own: bool = False  # the actor's own account, seat or note
    treating: bool = False  # a treatment relation stands, or a glass was broken less than 4 h ago
    related: bool = False  # a treatment relation stands


class Refused(Exception):
    """The actor may not do this. The message names action and kind of thing, never a person."""

    def __init__(self, actor: Actor, action: "Action", subject: Subject) -> None:
        super().__init__(f"{action}: {subject.kind} {subject.state}".rstrip())
        self.actor, self.action, self.subject = actor, action, subject


class Hidden(Refused):
    """As Refused, and the actor may not learn that the thing exists."""


class Invalid(ValueError):
    """Input that cannot be taken. `field` names it; `text` is a message id for `_()`, `values` its placeholders."""

    def __init__(self, field: str, text: str, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.field, self.text, self.values = field, text, values


class Action(StrEnum):
    # people
    SIGN_IN = "sign in"
    OWN_ACCOUNT = "own account"
    PORTRAIT_READ = "portrait read"
    STAFF_READ = "staff read"
    STAFF_MANAGE = "staff manage"
    PATIENT_FIND = "patient find"
    PATIENT_ADD = "patient add"
    PATIENT_READ = "patient read"
    PATIENT_EDIT = "patient edit"
    PATIENT_SHARE = "patient share"
    BREAK_GLASS = "break glass"
    GLASS_READ = "glass read"
    AUDIT_READ = "audit read"
    # records
    CHART_READ = "chart read"
    CHART_EDIT = "chart edit"
    NOTE_LIST = "note list"
    NOTE_READ = "note read"
    NOTE_EDIT = "note edit"
    NOTE_SIGN = "note sign"
    NOTE_AMEND = "note amend"
    SNIPPETS = "snippets"
    PHOTO_READ = "photo read"
    # visits
    VISIT_INVITE = "visit invite"
    VISIT_READ = "visit read"
    VISIT_LIST = "visit list"
    VISIT_JOIN = "visit join"
    VISIT_ADMIT = "visit admit"
    VISIT_CHAT = "visit chat"
    VISIT_CHAT_READ = "visit chat read"
    VISIT_SIGNAL = "visit signal"
    VISIT_LEAVE = "visit leave"
    VISIT_FINISH = "visit finish"
    VISIT_CANCEL = "visit cancel"
    VISIT_PHONE = "visit phone"
    SERVICE_READ = "service read"
    LETTER_READ = "letter read"
    LETTER_SEND = "letter send"
    SERVICE_MANAGE = "service manage"
    VISIT_TIMELINE = "visit timeline"
    FACT_READ = "fact read"
    FACT_RECORD = "fact record"
    PHOTO_ASK = "photo ask"
    PHOTO_SEND = "photo send"
    SUMMARY_READ = "summary read"
    SUMMARY_EDIT = "summary edit"
    SUMMARY_SEND = "summary send"
    # the system itself
    SYSTEM = "system"


Rule = Callable[[Actor, Subject], bool]


def policy(action: Action | None) -> Callable[[Method], Method]:
    """Declare which action a public service method authorises. None: anybody may call it, and it says why."""

    def declare(method: Method) -> Method:
        method.__policy__ = action or "anybody"  # type: ignore[attr-defined]
        return method

    return declare


def authorize(actor: Actor, action: Action, subject: Subject) -> None:
    """Return if `actor` may do `action` to `subject`, with both states considered.

    Raises Hidden where the actor may not know of the subject, else Refused.
    """
    if actor.state is not State.ACTIVE or actor.standing.over:
        raise Refused(actor, action, subject)
    if not SEES.get(action, _anyone)(actor, subject):
        raise Hidden(actor, action, subject)
    if not MAY[action](actor, subject):
        raise Refused(actor, action, subject)


def may(actor: Actor, action: Action, subject: Subject) -> bool:
    """As authorize, for what a page offers."""
    try:
        authorize(actor, action, subject)
    except Refused:
        return False
    return True


def _anyone(_: Actor, __: Subject) -> bool:
    return True


def _roles(*roles: Role) -> Rule:
    return lambda actor, _: actor.has(*roles)


def _state(*states: str) -> Rule:
    return lambda _, subject: subject.state in states


def _not_state(*states: str) -> Rule:
    return lambda _, subject: subject.state not in states


def _both(*rules: Rule) -> Rule:
    return lambda actor, subject: all(rule(actor, subject) for rule in rules)


def _either(*rules: Rule) -> Rule:
    return lambda actor, subject: any(rule(actor, subject) for rule in rules)


def _treating(actor: Actor, subject: Subject) -> bool:
    return actor.has(Role.CLINICIAN) and subject.treating


def _related(_: Actor, subject: Subject) -> bool:
    return subject.related


def _own(_: Actor, subject: Subject) -> bool:
    return subject.own


def _not_own(_: Actor, subject: Subject) -> bool:
    return not subject.own


def _in_visit(actor: Actor, subject: Subject) -> bool:
    return bool(actor.visit_id) and actor.visit_id == subject.visit_id


_OPERATOR = _roles(Role.OPERATOR)
_CLINICIAN = _roles(Role.CLINICIAN)
_ADMINISTRATOR = _roles(Role.ADMINISTRATOR, Role.OPERATOR)
_STAFF = _roles(Role.CLINICIAN, Role.ASSISTANT, Role.ADMINISTRATOR)
_DESK = _roles(Role.CLINICIAN, Role.ASSISTANT)
_ENDED = ("finished", "signed", "cancelled", "no_show")

# Who may know that the subject exists. An action not listed here hides nothing.
SEES: dict[Action, Rule] = {
    Action.PATIENT_READ: _either(_treating, _roles(Role.ASSISTANT)),
    Action.PATIENT_EDIT: _either(_treating, _roles(Role.ASSISTANT)),
    Action.PATIENT_SHARE: _either(_treating, _roles(Role.ASSISTANT)),
    Action.CHART_READ: _treating,
    Action.CHART_EDIT: _treating,
    Action.NOTE_READ: _treating,
    Action.NOTE_EDIT: _treating,
    Action.NOTE_SIGN: _treating,
    Action.NOTE_AMEND: _treating,
    Action.LETTER_SEND: _either(_treating, _roles(Role.ASSISTANT)),
    Action.PHOTO_READ: _treating,
    Action.VISIT_READ: _either(_in_visit, _treating, _roles(Role.ASSISTANT)),
    Action.VISIT_JOIN: _either(_in_visit, _both(_treating, _own)),
    Action.VISIT_ADMIT: _either(_treating, _in_visit),
    Action.VISIT_CHAT: _either(_in_visit, _both(_treating, _own)),
    Action.VISIT_CHAT_READ: _either(_in_visit, _both(_treating, _own)),
    Action.VISIT_SIGNAL: _either(_in_visit, _both(_treating, _own)),
    Action.VISIT_LEAVE: _either(_in_visit, _both(_treating, _own)),
    Action.VISIT_FINISH: _either(_treating, _in_visit),
    Action.VISIT_CANCEL: _either(_in_visit, _treating, _roles(Role.ASSISTANT)),
    Action.VISIT_TIMELINE: _treating,
    Action.FACT_READ: _treating,
    Action.FACT_RECORD: _treating,
    Action.VISIT_PHONE: _either(_in_visit, _treating, _roles(Role.ASSISTANT)),
    Action.PHOTO_ASK: _either(_treating, _in_visit),
    Action.PHOTO_SEND: _either(_in_visit, _treating),
    Action.SUMMARY_READ: _either(_in_visit, _treating),
    Action.SUMMARY_EDIT: _treating,
    Action.SUMMARY_SEND: _treating,
}

# What whoever sees it may do, state included.
MAY: dict[Action, Rule] = {
    Action.SIGN_IN: _anyone,
    Action.OWN_ACCOUNT: _own,
    Action.PORTRAIT_READ: _either(_STAFF, _roles(Role.PATIENT, Role.GUEST)),
    Action.STAFF_READ: _either(_STAFF, _OPERATOR),
    Action.STAFF_MANAGE: _ADMINISTRATOR,
    Action.PATIENT_FIND: _DESK,
    Action.PATIENT_ADD: _DESK,
    Action.PATIENT_READ: _anyone,
    Action.PATIENT_EDIT: _anyone,
    Action.PATIENT_SHARE: _either(_both(_CLINICIAN, _related), _both(_roles(Role.ASSISTANT), _not_own)),
    Action.BREAK_GLASS: _CLINICIAN,
    Action.GLASS_READ: _CLINICIAN,
    Action.AUDIT_READ: _ADMINISTRATOR,
    Action.CHART_READ: _anyone,
    Action.CHART_EDIT: _anyone,
    Action.NOTE_LIST: _CLINICIAN,
    Action.NOTE_READ: _anyone,
    # A colleague who treats the patient too may write in a draft; a broken glass lets read alone. Its author signs.
    Action.NOTE_EDIT: _both(_either(_own, _related), _state("draft", "")),
    Action.NOTE_SIGN: _both(_own, _state("draft")),
    Action.NOTE_AMEND: _state("signed"),
    Action.SNIPPETS: _both(_CLINICIAN, _own),
    Action.VISIT_INVITE: _DESK,
    Action.VISIT_READ: _anyone,
    Action.VISIT_LIST: _DESK,
    Action.VISIT_JOIN: _not_state(*_ENDED),
    Action.VISIT_ADMIT: _both(_CLINICIAN, _own, _not_state(*_ENDED)),
    Action.VISIT_CHAT: _not_state("cancelled", "no_show", "signed"),
    Action.VISIT_CHAT_READ: _anyone,
    Action.VISIT_SIGNAL: _not_state(*_ENDED),
    Action.VISIT_LEAVE: _anyone,
    Action.VISIT_FINISH: _both(_CLINICIAN, _own, _state("in_visit", "interrupted", "open", "booked")),
    Action.VISIT_CANCEL: _both(_either(_DESK, _roles(Role.PATIENT)), _not_state("in_visit", *_ENDED)),
    Action.VISIT_PHONE: _both(_DESK, _not_state(*_ENDED)),
    Action.SERVICE_READ: _STAFF,
    Action.LETTER_READ: _DESK,
    Action.LETTER_SEND: _DESK,
    Action.SERVICE_MANAGE: _ADMINISTRATOR,
    Action.VISIT_TIMELINE: _CLINICIAN,
    Action.FACT_READ: _anyone,
    Action.SUMMARY_READ: _anyone,
    Action.SUMMARY_EDIT: _both(_CLINICIAN, _own, _not_state("cancelled", "no_show")),
    Action.SUMMARY_SEND: _both(_CLINICIAN, _own, _state("finished", "signed")),
    Action.FACT_RECORD: _both(
        _CLINICIAN, _own, _state("booked", "open", "in_visit", "interrupted", "finished")
    ),
    Action.PHOTO_READ: _anyone,
    Action.PHOTO_ASK: _both(_CLINICIAN, _own, _state("open", "in_visit", "interrupted")),
    Action.PHOTO_SEND: _both(_roles(Role.PATIENT), _in_visit, _not_state(*_ENDED)),
    Action.SYSTEM: _OPERATOR,
}
