/** The other's picture in a small window that stays above other programs. */

const picture = (room) => [...room.stage.element.querySelectorAll('.tile video')].find((video) => video.videoWidth > 0);

/** Can this browser do it, and is there a picture? */
export function afloat(room) {
  return Boolean(document.pictureInPictureEnabled && picture(room));
}

/** @param {import('./room.js').Room} room */
export async function float(room) {
  room.bar.more.close();
  if (document.pictureInPictureElement) await document.exitPictureInPicture();
  else await picture(room)?.requestPictureInPicture().catch(() => {});
}
