"""The look: tokens, the page frame, widgets, plain pages, and the bridge from signals to open pages."""
