"""Devices attached to this machine, read as typed readings and waveforms. No pages, no database."""
