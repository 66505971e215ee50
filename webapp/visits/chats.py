"""What is said in a visit, and who may read it."""

from webapp.visits.model import Chat, ChatFile, Seat
from webapp.visits.views import ChatView, FileView, Kind


def hears(chat: ChatView, seat: Seat) -> bool:
    """Whether whoever sits there may read this. A guest learns nothing of what was said before they came."""
    if seat.kind == Kind.CLINICIAN or chat.seat_id == seat.id or chat.audience == seat.id:
        return True
    if chat.audience == "everyone":
        return seat.kind == Kind.PATIENT or (seat.entered_at is not None and chat.at >= seat.entered_at)
    return chat.audience == "room" and seat.admitted_at is not None and chat.at >= seat.admitted_at


def chat_view(row: Chat, name: str, file: ChatFile | None = None) -> ChatView:
    return ChatView(
        id=row.message_id,
        seat_id=row.seat_id,
        name=name,
        text=row.text,
        at=row.at,
        audience=row.audience,
        file=None if file is None else FileView(id=file.id, kind=file.kind, size=file.file.size),
    )
