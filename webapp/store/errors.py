"""What can go wrong with what lasts.

StoreError       anything below
  WrongKey       the key does not open this
  Damaged        what is on disk is not what was written
  Full           no space left: nothing was changed, reading goes on
  Busy           another process holds the data folder
"""


class StoreError(Exception):
    """The store could not do it. Nothing was half done."""


class WrongKey(StoreError):
    pass


class Damaged(StoreError):
    pass


class Full(StoreError):
    pass


class Busy(StoreError):
    pass
