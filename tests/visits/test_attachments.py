"""Files in the chat: what is taken, who opens it, how it leaves, and that it lies sealed."""

import io
import time
from collections.abc import Callable, Iterator

import httpx
import pytest
from PIL import Image

from tests.live import Live
from tests.trust.stage import Staged, staged
from tests.visits.conftest import Stage
from webapp.access import Invalid, Refused
from webapp.store.files import FILES, Files
from webapp.store.images import Images
from webapp.visits.attachments import BYTES_AT_MOST, FILES_AT_MOST, Attachments
from webapp.visits.states import NotNow
from webapp.visits.views import Kind

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n canary-pdf"


def picture(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (200, 30, 30)).save(out, kind, comment=b"canary-comment")
    return out.getvalue()


def attachments(stage: Stage) -> Attachments:
    store = stage.cast.store
    files = Files(store.folder / FILES, store.keys.files)
    return Attachments(stage.visits.ledger, stage.visits.seats, files, Images())


def test_a_file_is_handed_over_once_and_read_by_who_heard_it(stage: Stage) -> None:
    cast, visits, made = stage.cast, stage.visits, attachments(stage)

    async def story() -> None:
        invitation = await stage.invited()
        where = invitation.visit_id
        anna = await stage.admitted(invitation)
        said = await made.attach(anna, where, "m1", "../letters/From the lab.pdf", PDF)
        again = await made.attach(anna, where, "m1", "From the lab.pdf", PDF)
        assert (said.new, again.new) == (True, False)
        assert said.chat.text == "From the lab.pdf"
        file = said.chat.file
        assert file is not None
        assert again.chat.file == file
        assert len(made.files.names()) == 1  # the second copy is gone
        photo = await made.attach(cast.elena, where, "m2", "knee.jpg", picture())
        assert photo.chat.file is not None
        cast.clock.push(seconds=1)
        late = await visits.invite_guest(cast.elena, where, name="Ines", kind=Kind.INTERPRETER)
        ines = await stage.waits(late, "guest-page")
        await visits.admit(cast.elena, where, late.seat_id)
        for reader in (anna, cast.elena):
            found = await made.attachment(reader, where, file.id)
            assert (found.name, found.kind, found.data) == ("From the lab.pdf", "pdf", PDF)
        assert b"canary-comment" not in (await made.attachment(anna, where, photo.chat.file.id)).data
        for stranger in (ines, cast.charlie, cast.tom, cast.alma, cast.ada):
            with pytest.raises(Refused):
                await made.attachment(stranger, where, file.id)
        for stranger in (cast.charlie, cast.tom, cast.alma):
            with pytest.raises(Refused):
                await made.attach(stranger, where, "m3", "x.pdf", PDF)
        shown = {chat.id: chat.file for chat in await visits.seats.chat_since(anna, where)}
        assert shown == {"m1": file, "m2": photo.chat.file}
        await visits.finish(cast.elena, where)
        with pytest.raises((NotNow, Refused)):
            await made.attach(cast.elena, where, "m4", "x.pdf", PDF)
        assert (await made.attachment(cast.elena, where, file.id)).data == PDF
        await made.images.close()

    cast.run(story())
    for path in (cast.store.folder / FILES).rglob("*"):
        assert path.is_dir() or b"canary-pdf" not in path.read_bytes()


def test_what_cannot_be_taken_is_said_so_and_nothing_is_kept(stage: Stage) -> None:
    cast, made = stage.cast, attachments(stage)

    async def story() -> None:
        invitation = await stage.invited()
        anna = await stage.admitted(invitation)
        for data in (
            b"",
            b"MZ\x90 a program",
            b"<html>",
            b"\xff\xd8\xff\xe0 broken",
            picture("GIF"),  # which the decoder would read
            PDF + bytes(BYTES_AT_MOST),
        ):
            with pytest.raises(Invalid):
                await made.attach(anna, invitation.visit_id, "m1", "x.pdf", data)
        with pytest.raises(Invalid):
            await made.attach(anna, invitation.visit_id, "not an id", "x.pdf", PDF)
        for number in range(FILES_AT_MOST):
            await made.attach(anna, invitation.visit_id, f"f{number}", "x.pdf", PDF)
        with pytest.raises(Invalid, match=f"At most {FILES_AT_MOST}"):
            await made.attach(anna, invitation.visit_id, "one-more", "x.pdf", PDF)
        await made.images.close()

    cast.run(story())


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline


@pytest.fixture(scope="module")
def hall(live: Live) -> Staged:
    return staged(live, "Files")


def test_it_leaves_only_to_be_saved(live: Live, hall: Staged) -> None:
    path, _, token = hall.link.partition("#")
    with live.visitor() as anna:
        assert anna.post(f"{path}/enter", json={"token": token}).status_code == 200
        named = {"X-File-Name": "Bef%C3%BCnde%20%3Cscript%3E.pdf"}
        sent = anna.post(f"{path}/files/m1", content=PDF, headers=named)
        assert sent.status_code == 200
        coming = live.built.visits.ledger.arriving

        def slowly() -> Iterator[bytes]:
            """The end of it comes once the visit knows that it is on its way."""
            yield PDF[:9]
            until(lambda: coming[hall.visit_id] == 1)
            yield PDF[9:]

        assert anna.post(f"{path}/files/m0", content=slowly(), headers=named).status_code == 200
        assert not coming
        chat = live.call(live.built.visits.seats.chat_since(live.actors["elena"], hall.visit_id))
        file = [message.file for message in chat if message.file][-1]
        with live.visitor(live.actors["elena"]) as elena:
            for client, address in (
                (anna, f"{path}/files/{file.id}"),
                (elena, f"/visits/{hall.visit_id}/files/{file.id}"),
            ):
                answer = client.get(address)
                assert (answer.status_code, answer.content) == (200, PDF)
                disposition = answer.headers["content-disposition"]
                assert disposition.startswith("attachment; filename*=UTF-8''Bef%C3%BCnde")
                assert "sandbox" in answer.headers["content-security-policy"]
                assert answer.headers["x-content-type-options"] == "nosniff"
                assert "no-store" in answer.headers["cache-control"]
        for stranger in (None, "tom", "alma", "ada"):
            with live.visitor(live.actors[stranger] if stranger else None) as client:
                assert client.get(f"/visits/{hall.visit_id}/files/{file.id}").status_code in (303, 401, 404)
                assert client.get(f"{path}/files/{file.id}").status_code == 401
        wrong = anna.post(f"{path}/files/m2", content=b"MZ", headers={"Accept-Language": "es"})
        assert (wrong.status_code, wrong.json()["text"]) == (422, "Envíe un PDF o una imagen en JPEG o PNG.")
        assert anna.post(f"{path}/files/m3", content=bytes(17 * 1024 * 1024)).status_code == 413
        codes = [anna.post(f"{path}/files/m4", content=b"MZ").status_code for _ in range(14)]
        assert codes[-1] == 429


def test_the_line_is_measured_within_limits(live: Live, hall: Staged) -> None:
    path, _, token = hall.link.partition("#")
    assert httpx.get(f"{live.url}{path}/speed?size=10").status_code == 401
    with live.visitor() as anna:
        anna.post(f"{path}/enter", json={"token": token})
        answer = anna.get(f"{path}/speed?size=1000")
        assert (answer.status_code, len(answer.content)) == (200, 1000)
        assert "no-store" in answer.headers["cache-control"]
        assert anna.get(f"{path}/speed?size=1000000").status_code == 422
        assert anna.post(f"{path}/speed", content=bytes(5000)).json() == {"bytes": 5000}
        assert anna.post(f"{path}/speed", content=bytes(300_000)).status_code == 413
        codes = [anna.get(f"{path}/speed?size=1").status_code for _ in range(20)]
        assert 429 in codes
