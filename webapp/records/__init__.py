"""The record: a patient's chart, and the notes of their encounters."""
