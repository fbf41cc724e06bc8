import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { tryHostLock } from './host-lock.js';
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

/** The first slot that no live process has; what killed starts left, in any slot, is undone first. */
export async function claimSlot(cache = cacheDirectory(), first = 0): Promise<Slot> {
  let claimed: Omit<Slot, 'cleaned'> | undefined;
  let cleaned = 0;
  for (let number = first; number < first + SLOTS; number += 1) {
    const ledger = new Ledger(join(cache, 'slots', String(number), 'ledger.jsonl'));
    if (claimed !== undefined && ledger.entries().length === 0) continue;
    const lock = await tryHostLock(`slot-${number}`);
    if (lock === undefined) continue;
    const release = (): Promise<void> => lock.release();
    cleaned += (await ledger.undo()).length;
    // A bridge that is there still was left by a start with another cache: not ours to remove.
    if (claimed !== undefined || existsSync(`/sys/class/net/${bridgeName(number)}`)) await release();
    else claimed = { number, directory: makeDirectory(cache, number), ledger, release };
  }
  if (claimed !== undefined) return { ...claimed, cleaned };
  throw new Error(`${SLOTS} set-ups run on this machine already: end one of them first.`);
}

function makeDirectory(cache: string, number: number): string {
  const directory = join(cache, 'slots', String(number));
  mkdirSync(directory, { recursive: true, mode: 0o711 });
  writeFileSync(join(directory, 'pid'), `${process.pid}\n`);
  return directory;
}

export function bridgeName(slot: number): string {
  return `slipway${slot}`;
}
