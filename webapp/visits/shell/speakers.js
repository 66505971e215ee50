/** The others are heard from the loudspeaker that was chosen. */

/** @param {import('./room.js').Room} room */
export function speakers(room) {
  const turn = () => {
    const id = room.devices.current('speaker');
    for (const video of document.querySelectorAll('.tile video')) {
      if (video.sinkId !== undefined && video.sinkId !== id) video.setSinkId(id === 'default' ? '' : id).catch(() => {});
    }
  };
  room.devices.addEventListener('speaker', turn);
  room.mesh.addEventListener('stream', () => setTimeout(turn));
  turn();
}
