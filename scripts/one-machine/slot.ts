import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Ledger } from './ledger.js';

const SLOTS = 8;

/** Where what is fetched or built once is kept: XDG_CACHE_HOME/slipway, ~/.cache/slipway without it. */
export function cacheDirectory(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'slipway');
}

/** One running set-up's place: its number is in the names of all that it makes on the host. */
export interface Slot {
  readonly number: number;
  readonly directory: string;
  readonly ledger: Ledger;
  /** How many things a killed start had left, all undone. */
  readonly cleaned: number;
  release(): Promise<void>;
}

/** The first slot that no live process has; what a killed start left in it is undone. */
export async function claimSlot(cache = cacheDirectory(), first = 0): Promise<Slot> {
  for (let number = first; number < first + SLOTS; number += 1) {
    const lock = await lockSlot(number);
    if (lock === undefined) continue;
    const directory = join(cache, 'slots', String(number));
    mkdirSync(directory, { recursive: true, mode: 0o711 });
    const ledger = new Ledger(join(directory, 'ledger.jsonl'));
    const cleaned = (await ledger.undo()).length;
    const release = (): Promise<void> => new Promise((resolve) => lock.close(() => resolve()));
    // Left by a start with another cache: not ours to remove.
    if (existsSync(`/sys/class/net/${bridgeName(number)}`)) {
      await release();
      continue;
    }
    writeFileSync(join(directory, 'pid'), `${process.pid}\n`);
    return { number, directory, ledger, cleaned, release };
  }
  throw new Error(`${SLOTS} set-ups run on this machine already: end one of them first.`);
}

export function bridgeName(slot: number): string {
  return `slipway${slot}`;
}

/** The kernel gives an abstract socket's name to one process and takes it back when that dies, however it dies. */
function lockSlot(number: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(`\0slipway-slot-${number}`, () => {
      server.unref();
      resolve(server);
    });
  });
}
