import type { WatchedContainer } from '../ports.js';

const ID = /^[0-9a-f]{64}$/;
/** The most that Linux numbers processes to. */
const MAX_PID = 2 ** 22;

/** A container that the loop reads, by the name that it has there. */
export interface ReadContainer extends WatchedContainer {
  readonly slot: number;
}

/** Which containers the loop reads, and which it is to read. Only what passes the patterns above is ever sent. */
export class ReadContainers {
  private wanted: readonly WatchedContainer[] = [];
  /** By their slot in the loop, in its order. */
  private readonly read = new Map<number, ReadContainer>();
  private lastSlot = 0;

  want(containers: readonly WatchedContainer[]): void {
    const byId = new Map(containers.map((container) => [container.id, container]));
    this.wanted = [...byId.values()].filter(
      ({ id, pid }) => ID.test(id) && Number.isInteger(pid) && pid > 0 && pid <= MAX_PID,
    );
  }

  /** Whether the CPU of one of them is read ten times a second. */
  get hasPeaks(): boolean {
    for (const { peaks } of this.read.values()) if (peaks === true) return true;
    return false;
  }

  /** The lines that make the loop read what is wanted, and what it reads after them, in its order. */
  change(): { readonly commands: string; readonly watched: readonly ReadContainer[] } {
    const wanted = new Map(this.wanted.map((one) => [one.id, one]));
    let commands = '';
    for (const [slot, { id, pid, peaks }] of this.read) {
      const same = wanted.get(id);
      if (same?.pid === pid && same.peaks === peaks) {
        wanted.delete(id);
        continue;
      }
      this.read.delete(slot);
      commands += `- ${slot}\n`;
    }
    for (const { id, pid, peaks } of wanted.values()) {
      const slot = (this.lastSlot += 1);
      this.read.set(slot, { slot, id, pid, ...(peaks !== undefined && { peaks }) });
      commands += `+ ${slot} ${id} ${pid}${peaks === true ? ' peak' : ''}\n`;
    }
    return { commands, watched: [...this.read.values()] };
  }
}
