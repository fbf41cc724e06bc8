import type { Look } from './domain/look.js';
import type { Topology } from './domain/topology.js';

/** A container to be read. */
export interface WatchedContainer {
  /** The whole id. */
  readonly id: string;
  /** Its first process, as the node numbers processes. */
  readonly pid: number;
}

/** A lasting way to one node: a small shell loop there, which answers when it is asked. */
export interface NodeChannel {
  /**
   * Reads the counters of now. Looks do not overlap: one asked for while another is under way waits for it. Throws
   * NodeChannelError where the node does not answer within the time, answers in pieces that do not make a whole, or the
   * channel is gone; after a late answer the channel goes on, and the late one is thrown away.
   */
  look(options: { readonly isSlow: boolean; readonly timeoutMs: number }): Promise<Look>;
  /** What the machine is made of. Throws as `look` does. */
  topology(options: { readonly timeoutMs: number }): Promise<Topology>;
  /**
   * From the next look on these are read, whatever was read before. One without a process (0), or whose id is not
   * 64 hexadecimal digits, is not.
   */
  watch(containers: readonly WatchedContainer[]): void;
  /** Settled once the channel is gone, however it came to that. */
  readonly closed: Promise<void>;
  close(): void;
}
