"""What a restored practice seals anew: the second factors; and what ends, because its key or its browser is gone."""

from webapp.people.factors import seal, unseal
from webapp.people.model import Account, Device, PracticeFact, RecoveryCode, Session, SetupLink
from webapp.people.practice import KEPT


def reseal(old: bytes, new: bytes) -> None:
    """Inside one transaction. Recovery codes are hashed with the old key and cannot be carried over."""
    for account in Account.select().where(Account.totp_secret.is_null(False)):
        secret = seal(unseal(bytes(account.totp_secret or b""), old), new)
        Account.update(totp_secret=secret).where(Account.id == account.id).execute()
    for ended in (RecoveryCode, Session, SetupLink, Device):
        ended.delete().execute()
    PracticeFact.delete().where(PracticeFact.name == KEPT).execute()
