"""The courier: hands letters to the practice's mail server, one after the other, again after a pause, never quietly."""

import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

import aiosmtplib
import structlog

from webapp.access import SYSTEM
from webapp.clock import Clock
from webapp.post.letters import Parcel, Problem
from webapp.post.service import Outbox
from webapp.rounds import Rounds

PAUSE_S = 5.0  # between looks at the clock; a new letter wakes it at once
PATIENCE_S = 30.0  # with a server, for each answer
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """security: "starttls", "tls" or "none". context: whom to trust, for tests."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""
    sender: str
    name: str
    context: ssl.SSLContext | None = None


class Courier:
    """One per process. Without a server it does nothing: letters wait."""

    def __init__(self, outbox: Outbox, server: MailServer | None, clock: Clock) -> None:
        self.outbox, self.server, self.clock = outbox, server, clock
        self._rounds = Rounds("mail courier", self.round, every_s=PAUSE_S)
        outbox.due.listen(lambda _visit_id: self._rounds.wake())

    async def start(self) -> None:
        if self.server is not None:
            self._rounds.start()

    async def stop(self) -> None:
        await self._rounds.stop()

    async def round(self) -> int:
        """Hand over what is due; how many were tried."""
        tried = 0
        while self.server is not None and (parcels := await self.outbox.take(SYSTEM)):
            for parcel in parcels:
                problem, final = await self._hand_over(self.server, parcel)
                await self.outbox.settle(SYSTEM, parcel.id, problem, final=final)
                log.info("letter", letter=parcel.id, problem=problem or "sent", final=final)
                tried += 1
        return tried

    async def _hand_over(self, server: MailServer, parcel: Parcel) -> tuple[Problem, bool]:
        """What came of it, and whether trying again makes no sense. The server's own words are not kept."""
        try:
            mail = written(server, parcel, self.clock)
        except (ValueError, IndexError):  # the library's parser of addresses
            return Problem.ADDRESS, True
        try:
            await aiosmtplib.send(
                mail,
                hostname=server.host,
                port=server.port,
                username=server.user or None,
                password=server.password or None,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                tls_context=server.context,
                timeout=PATIENCE_S,
            )
        except aiosmtplib.SMTPAuthenticationError:
            return Problem.SIGN_IN, False
        except aiosmtplib.SMTPRecipientsRefused as refused:
            code = max((one.code for one in refused.recipients), default=550)
            return (Problem.LATER, False) if code < 500 else (Problem.ADDRESS, True)
        except aiosmtplib.SMTPResponseException as refused:
            if refused.code < 500:
                return Problem.LATER, False
            return Problem.REFUSED, True
        except (aiosmtplib.SMTPNotSupported, ssl.SSLError):
            return Problem.SECURITY, False
        except aiosmtplib.SMTPException as error:
            return (Problem.SECURITY if _about_tls(error) else Problem.NO_ANSWER), False
        except (OSError, ValueError):
            return Problem.NO_ANSWER, False
        return Problem.NONE, False


def written(server: MailServer, parcel: Parcel, clock: Clock) -> EmailMessage:
    """The mail: plain text, nothing that is fetched from anywhere, no name in its head but the practice's."""
    mail = EmailMessage(policy=SMTP)
    local, _, host = server.sender.rpartition("@")
    mail["From"] = Address(display_name=server.name, username=local, domain=host)
    mail["To"] = parcel.address
    mail["Subject"] = parcel.subject
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = parcel.message_id
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    mail.set_content(parcel.body)
    return mail


def _about_tls(error: BaseException) -> bool:
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError):
            return True
        found = found.__cause__ or found.__context__
    return False
