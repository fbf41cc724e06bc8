import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { orFail } from '../errors.js';

/** A key pair of Slipway's own: the path of its private key, and the line that lets it in. */
export interface MadeKey {
  readonly path: string;
  readonly line: string;
  readonly isNew: boolean;
}

/** Where it lies unless it is told otherwise: one key for all nodes that are added from here. */
export const usualKeyPath = (): string => join(homedir(), '.ssh', 'slipway_ed25519');

const COMMENT = 'slipway';

/** Makes a key pair, or takes the one that is there already: no file is written over. */
export async function makeKey(path: string): Promise<MadeKey> {
  const hint = 'Name another file with --make-key PATH, in a folder that you may write to.';
  return orFail('KEY_NOT_MADE', { hint }, async () => {
    const { authorizedKeyLine, makePrivateKey } = await import('#libs/ssh'); // Not at the start: few commands need it.
    const known = await readFile(path, 'utf8').catch(orMissing);
    if (known !== undefined) return { path, line: authorizedKeyLine(known, COMMENT), isNew: false };
    const privateKey = makePrivateKey(COMMENT);
    const line = authorizedKeyLine(privateKey, COMMENT);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, privateKey, { mode: 0o600, flag: 'wx' });
    await chmod(path, 0o600);
    await writeFile(`${path}.pub`, `${line}\n`, { mode: 0o644 });
    return { path, line, isNew: true };
  });
}

function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
