"""The home page: who waits, the day, and what needs me."""
