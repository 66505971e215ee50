"""What happened in a visit as a short list, for a dialog."""

from webapp.locale import clock_seconds
from webapp.look import widgets as w
from webapp.visits.views import EventView
from webapp.visits.words import event_words


def show_events(events: tuple[EventView, ...], zone: str) -> None:
    """Oldest first."""
    with w.element("ol", "stack stack-tight", testid="timeline"):
        for event in events:
            with w.element("li", "line"):
                w.text(clock_seconds(event.at, zone), "small muted", tag="time")
                w.text(event_words(event), "small", tag="span")
