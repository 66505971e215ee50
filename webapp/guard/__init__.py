"""The lock on the door: who comes in, by which cookie, from which origin, how often, and what leaves with it."""

from webapp.guard.door import Door
from webapp.guard.policy import PUBLIC, SEAT, STAFF, Kind, Policy

__all__ = ["PUBLIC", "SEAT", "STAFF", "Door", "Kind", "Policy"]
