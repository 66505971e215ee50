"""R peaks of an electrocardiogram, one lead, live; a rate only where the signal is good enough for one.

The lead is filtered to 5-18 Hz. Peaks of its smoothed slope that are the largest within 0.2 s each way are
candidates (after Hamilton, "Open source ECG analysis", 2002). One is a beat if it rises above a threshold
between the medians of the last eight beats and the last eight others, is no T wave (within 0.36 s and half as
steep), and is either large or of a known shape. The threshold falls when a beat is overdue; nothing is looked
up again later, so each beat is given once, about 0.3 s after it.

A second detector with other features (energy blocks, Elgendi 2013) judges the first: the quality is the share
of beats that both saw and whose shape repeats. There is a rate once that has been 0.9 for two seconds, so that
a lucky moment in noise gives none.
"""

from mediacore._ecg import RPeakDetector

__all__ = ["RPeakDetector"]
