"""What a room remembers of who sits in it."""

from dataclasses import dataclass, field

from webapp.visits.line import Line, Outbox


@dataclass(slots=True)
class Presence:
    """One seat, from the first page that spoke for it."""

    instance: str = ""
    line: Line | None = None
    outbox: Outbox = field(default_factory=Outbox)
    camera: bool | None = None
    microphone: bool | None = None
    screen: bool = False
    shielded: bool = False
    writing: bool = False
    caption: str = ""
    links: set[str] = field(default_factory=set)
    gone_at: float | None = None  # since when it has no socket, until the seat is away
