"""Visits: inviting, waiting, admitting, the call's signalling and chat, finishing, signing."""
