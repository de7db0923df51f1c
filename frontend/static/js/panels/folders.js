/** Files out of a drop: single files and whole folders, at any depth. */

/** @typedef {{file: File|null, path: string}} Found file: null where it, or the folder, cannot be read */

/** @param {DataTransfer} transfer @param {(count: number) => void} onFound @returns {Promise<Found[]>} */
export async function filesOfDrop(transfer, onFound) {
  // Entries must be taken before the first await: the drop's items are gone afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return filesOfInput(transfer.files);
  const found = [];
  for (const entry of entries) await collect(entry, "", found, onFound);
  return found;
}

/** @param {Iterable<File>} files of a file or folder input @returns {Found[]} */
export function filesOfInput(files) {
  return [...files].filter(isWanted).map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Hidden files are what file systems leave behind, not images. */
const isWanted = ({ name }) => !name.startsWith(".");

async function collect(entry, folder, found, onFound) {
  if (!isWanted(entry)) return;
  const path = folder + entry.name;
  try {
    if (entry.isFile) found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), path });
    else for await (const each of entriesOf(entry)) await collect(each, `${path}/`, found, onFound);
  } catch {
    found.push({ file: null, path });
  }
  onFound(found.length);
}

async function* entriesOf(folder) {
  const reader = folder.createReader();
  for (;;) {
    // A reader hands out a hundred entries at a time, and an empty list at the end.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    yield* some;
  }
}
