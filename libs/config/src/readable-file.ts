import { readFileSync } from 'node:fs';

/** Whether a file is there and this process may read it; a folder is none. */
export function isReadable(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}
