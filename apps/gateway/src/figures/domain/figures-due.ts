import { type FeedFigures, type FiguresRow, MOST_FIGURES_BYTES } from '#libs/contracts';

type Entry = FiguresRow['services'][number] | FiguresRow['instances'][number];

interface Told {
  readonly text: string;
  /** In which message. */
  readonly message: number;
}

interface Changed<T> {
  readonly key: string;
  readonly entry: T;
  readonly text: string;
  readonly message: number;
}

/** Of the words around the entries. */
const FRAME_BYTES = 200;

/** What a load balancer has been told over one connection, and so what it is to be told next. */
export class FiguresDue {
  private readonly told = new Map<string, Told>();
  private messages = 0;

  constructor(private readonly mostBytes = MOST_FIGURES_BYTES) {}

  /**
   * What is other than it was told, as far as it fits; what does not fit comes first the next time. Empty where all is as
   * before.
   */
  next({ services, instances }: FiguresRow, at: number): FeedFigures {
    this.messages += 1;
    const isFirst = this.messages === 1;
    let room = this.mostBytes - FRAME_BYTES;
    const fitting = <T extends Entry>(kind: string, all: readonly T[]): T[] => {
      const changed = this.changed(kind, all).toSorted((a, b) => a.message - b.message);
      return changed.flatMap(({ key, entry, text }) => {
        const bytes = Buffer.byteLength(text) + 1;
        if (bytes > room) return [];
        room -= bytes;
        if (entry.isGone === true) this.told.delete(key);
        else this.told.set(key, { text, message: this.messages });
        return [entry];
      });
    };
    return {
      ...{ type: 'figures', at: Math.round(at), ...(isFirst && { isWhole: true }) },
      services: fitting('service', services),
      instances: fitting('instance', instances),
    };
  }

  private changed<T extends Entry>(kind: string, all: readonly T[]): Changed<T>[] {
    const keyOf = ({ name }: Entry): string => `${kind}/${name}`;
    const keys = new Set(all.map(keyOf));
    const now = all.map((entry) => this.compared(keyOf(entry), entry));
    const gone = [...this.told.keys()]
      .filter((key) => key.startsWith(`${kind}/`) && !keys.has(key))
      .map((key) => this.compared(key, { name: key.slice(kind.length + 1), isGone: true } as T));
    return [...gone, ...now].filter((one) => one !== undefined);
  }

  private compared<T extends Entry>(key: string, entry: T): Changed<T> | undefined {
    const text = JSON.stringify(entry);
    const before = this.told.get(key);
    return before?.text === text ? undefined : { key, entry, text, message: before?.message ?? 0 };
  }
}
