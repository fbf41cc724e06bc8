import { type Waiting, waitInLine } from '../task/line.js';
import { roomiest } from './domain/builder-choice.js';

/** Where a build may go. */
interface BuilderWish {
  /** Names of builders; at least one. */
  readonly among: readonly string[];
  readonly preferred?: string;
  readonly signal: AbortSignal;
}

/** One line before all builders: at most so many builds at once at each; who waits gets the first turn that it can use. */
export class BuilderTurns {
  private readonly busy = new Map<string, number>();
  private readonly waiting: (Pick<BuilderWish, 'among'> & Waiting<string>)[] = [];

  constructor(private readonly limits: ReadonlyMap<string, number>) {}

  /** Rejects with the signal's reason when it aborts before a turn has come. */
  async take<T>(wish: BuilderWish, work: (builder: string) => Promise<T>): Promise<T> {
    const builder = await this.turn(wish);
    try {
      return await work(builder);
    } finally {
      this.pass(builder);
    }
  }

  private async turn({ among, preferred, signal }: BuilderWish): Promise<string> {
    signal.throwIfAborted();
    const rooms = among.map((name) => ({
      ...{ name, limit: this.limits.get(name) ?? 0, busy: this.busy.get(name) ?? 0 },
    }));
    const free = roomiest(rooms, preferred);
    if (free === undefined) return waitInLine(this.waiting, { among }, signal);
    this.busy.set(free, (this.busy.get(free) ?? 0) + 1);
    return free;
  }

  /** To the first in the line that may go there; the builder stays as busy as it is then. */
  private pass(builder: string): void {
    const next = this.waiting.findIndex(({ among }) => among.includes(builder));
    const [waiting] = next < 0 ? [] : this.waiting.splice(next, 1);
    if (waiting !== undefined) return waiting.comes(builder);
    this.busy.set(builder, (this.busy.get(builder) ?? 1) - 1);
  }
}
