import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Ledger } from '../../one-machine/ledger.js';

/** How long an instance takes for a request, and for how many it does so at once; others wait for their turn. */
export interface Speed {
  readonly ms: number;
  readonly atOnce: number;
}

/** To one of them, by its place. */
export type Order =
  /** It works on nothing for so long; then it goes on with what waits. */
  | { readonly kind: 'stall'; readonly index: number; readonly ms: number }
  /** From now on it answers each request at once with 500. */
  | { readonly kind: 'fail'; readonly index: number }
  | { readonly kind: 'recover' };

/** Instances of uneven speed, in a process of their own. */
export interface UnevenInstances {
  readonly ports: readonly number[];
  order(order: Order): void;
  stop(): Promise<void>;
}

const PROCESS = fileURLToPath(new URL('uneven-process.js', import.meta.url));

export async function startUnevenInstances(
  speeds: readonly Speed[],
  ledger: Ledger,
): Promise<UnevenInstances> {
  const child = fork(PROCESS, [JSON.stringify(speeds)]);
  ledger.holdProcess(child.pid);
  const [ports] = (await Promise.race([once(child, 'message'), untilEnded(child)])) as [readonly number[]];
  return {
    ports,
    order: (order) => void child.send(order),
    async stop() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}

async function untilEnded(child: ChildProcess): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`the instances ended at their start with ${code}`);
}
