import type { Slot } from './slot.js';

type PartState = 'ready' | 'yours' | 'working';

/** One line of progress: `detail` says what takes long, or what came of it. */
export type Report = (part: string, state: PartState, ms: number, detail?: string) => void;

/** What every part of one running set-up knows. */
export interface SetUp {
  readonly slot: Slot;
  /** Where what is fetched or built once is kept. */
  readonly cache: string;
  readonly report: Report;
  /** Made to be broken: three Kafka brokers that stand in for each other, and blob storage that outlasts its end. */
  readonly breakable: boolean;
}
