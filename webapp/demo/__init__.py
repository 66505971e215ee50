"""A throw-away practice of invented people, to try everything with."""
