import { readFile, stat } from 'node:fs/promises';
import AdmZip from 'adm-zip';
import type { SentFolder } from './sent-folder.js';

/** Of each entry of a zip, whenever and wherever it is made. A zip's times have no zone and begin in 1980. */
const ENTRY_TIME = [1980, 0, 1, 12] as const;

/**
 * The zip of what is sent of a folder, executable bits kept. Equal folders give equal bytes: a request names its zip by
 * its digest.
 */
export async function zipFolder({ entries }: SentFolder): Promise<Buffer> {
  // AdmZip's own order depends on the language of the machine.
  const zip = new AdmZip({ noSort: true });
  for (const { name, path } of entries) {
    if (path === undefined) addEmptyFolder(zip, name);
    else await addFile(zip, path, name);
  }
  return zip.toBuffer();
}

function addEmptyFolder(zip: AdmZip, name: string): void {
  const entry = zip.addFile(name, Buffer.alloc(0));
  // The high half of the attributes is the Unix mode: 0o040000 says "directory".
  entry.attr = (0o040755 << 16) >>> 0;
  entry.header.time = new Date(...ENTRY_TIME);
}

async function addFile(zip: AdmZip, path: string, name: string): Promise<void> {
  const executable = ((await stat(path)).mode & 0o111) !== 0;
  const entry = zip.addFile(name, await readFile(path));
  // The high half of the attributes is the Unix mode: 0o100000 says "regular file".
  entry.attr = ((0o100000 | (executable ? 0o755 : 0o644)) << 16) >>> 0;
  entry.header.time = new Date(...ENTRY_TIME);
}
