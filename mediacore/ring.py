"""The newest samples of a live signal, for readers that come at their own pace."""

from mediacore._ring import Ring

__all__ = ["Ring"]
