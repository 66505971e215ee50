"""Letters that the practice sends: an outbox that staff see, and the courier that empties it."""
