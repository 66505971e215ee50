"""NiceGUI's pages as the lock sees them: whose they are, and how many wait for a browser that never came."""

from nicegui import Client
from starlette.types import Scope

WAITING_AT_MOST = 200
WAITING_PER_SESSION = 20


def owner(client: Client) -> str:
    """The session that built this page; "" for a page that nobody may connect to."""
    return str(client.request.scope.get("telepraxis.session", ""))


def too_many_pages(session_id: str) -> bool:
    """Whether too many pages, of this session or of all, were built that no browser has connected to."""
    waiting = [owner(client) for client in Client.instances.values() if _never_connected(client)]
    return len(waiting) >= WAITING_AT_MOST or waiting.count(session_id) >= WAITING_PER_SESSION


def discard_page(scope: Scope) -> None:
    """A page that failed while it was built leaves nothing behind."""
    for client in [client for client in Client.instances.values() if client.request.scope is scope]:
        client.delete()


def _never_connected(client: Client) -> bool:
    """A page that was left has a task that will delete it; it does not count."""
    return not client.has_socket_connection and not client._delete_tasks
