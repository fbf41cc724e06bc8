import type { WatchedContainer } from '../ports.js';

const ID = /^[0-9a-f]{64}$/;
/** The most that Linux numbers processes to. */
const MAX_PID = 2 ** 22;

/** Which containers the loop reads, and which it is to read. Only what passes the patterns above is ever sent. */
export class ReadContainers {
  private wanted: readonly WatchedContainer[] = [];
  /** By their slot in the loop, in its order. */
  private readonly read = new Map<number, WatchedContainer>();
  private lastSlot = 0;

  want(containers: readonly WatchedContainer[]): void {
    const byId = new Map(containers.map((container) => [container.id, container]));
    this.wanted = [...byId.values()].filter(
      ({ id, pid }) => ID.test(id) && Number.isInteger(pid) && pid > 0 && pid <= MAX_PID,
    );
  }

  /** The lines that make the loop read what is wanted, and what it reads after them, in its order. */
  change(): { readonly commands: string; readonly watched: readonly WatchedContainer[] } {
    const wanted = new Map(this.wanted.map(({ id, pid }) => [id, pid]));
    let commands = '';
    for (const [slot, { id, pid }] of this.read) {
      if (wanted.get(id) === pid) {
        wanted.delete(id);
        continue;
      }
      this.read.delete(slot);
      commands += `- ${slot}\n`;
    }
    for (const [id, pid] of wanted) {
      this.lastSlot += 1;
      this.read.set(this.lastSlot, { id, pid });
      commands += `+ ${this.lastSlot} ${id} ${pid}\n`;
    }
    return { commands, watched: [...this.read.values()] };
  }
}
