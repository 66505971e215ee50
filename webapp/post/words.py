"""What became of a letter, in words."""

from webapp.locale import _, clock
from webapp.look.design import Kind
from webapp.post.letters import LetterState, LetterView, Problem, masked


def letter_words(letter: LetterView, zone: str) -> str:
    """ "sent 10:02 to a***@example.org"."""
    to = masked(letter.address)
    if letter.state is LetterState.SENT and letter.sent_at is not None:
        return _("sent {time} to {address}", time=clock(letter.sent_at, zone), address=to)
    if letter.state is LetterState.WITHDRAWN:
        return _("not sent: the link works no more")
    if letter.state is LetterState.FAILED:
        return _("not sent to {address}: {why}", address=to, why=problem_words(letter.problem))
    if not letter.posted:
        return _("not sent: there is no mail server; copy it")
    if letter.problem:
        why, time = problem_words(letter.problem), clock(letter.next_at, zone)
        return _("not sent yet to {address}: {why}; again at {time}", address=to, why=why, time=time)
    return _("being sent to {address}", address=to)


def problem_words(problem: Problem) -> str:
    return {
        Problem.NONE: "",
        Problem.NO_ANSWER: _("the mail server does not answer"),
        Problem.LATER: _("the mail server asks to try later"),
        Problem.ADDRESS: _("the mail server does not take this address"),
        Problem.REFUSED: _("the mail server does not take the letter"),
        Problem.SIGN_IN: _("the mail server does not take our account"),
        Problem.SECURITY: _("the mail server cannot be reached safely"),
    }[problem]


def letter_pill(letter: LetterView) -> tuple[Kind, str]:
    match letter.state:
        case LetterState.SENT:
            return "good", _("Sent")
        case LetterState.FAILED:
            return "urgent", _("Not sent")
        case LetterState.WITHDRAWN:
            return "neutral", _("Withdrawn")
        case LetterState.QUEUED:
            if not letter.posted or letter.problem:
                return "attention", _("Waits")
            return "information", _("On its way")


def kind_words(kind: str) -> str:
    words = {
        "invitation": _("The link of a visit"),
        "ready": _("It is their turn"),
        "summary": _("The summary of a visit"),
    }
    return words.get(kind, _("A letter"))
