import { releaseOf, type SlotProgress, type TaskState } from '../task/domain/task.state.js';
import type { NodeEngines } from './ports.js';
import type { Releases } from '../releases/ports.js';
import type { EffectScope } from '../task/effect-scope.js';
import { inPhase } from '../task/phase.js';
import type { Turns } from '../task/turns.js';

export interface PullAheadPorts {
  readonly releases: Pick<Releases, 'kindred'>;
  readonly engines: Pick<NodeEngines, 'pull'>;
  /** Of a node. Not those of pulls that somebody waits for. */
  readonly turns: Turns;
  /** Without progress for so long it is given up. */
  readonly idleMs: number;
  /** Told how each ended; for logs. */
  readonly onEnd?: (node: string, image: string, error?: unknown) => void;
}

type Placed = SlotProgress & Required<Pick<SlotProgress, 'node'>>;

/** Messages of a pull before its layers are shared with others under way: where it pulls from, and the first layer. */
const UNTIL_SHARED = 2;

/**
 * While an image is built, the node that it will run on pulls what was built before on the same base, so that the
 * pull of the image itself finds the layers which the two share. Only a hint: in no event, and nobody waits for it.
 * The base image itself would not do: a push compresses its layers anew, so that the registry has them under digests
 * of their own.
 */
export class PullAhead {
  constructor(private readonly ports: PullAheadPorts) {}

  /** Begins, once for each slot, where the node is known and the image is not yet. */
  begin(scope: EffectScope, state: TaskState): void {
    if (state.failure !== undefined || state.config === undefined) return;
    const begun = (scope.kept.ahead ??= new Map<number, AbortController>());
    for (const slot of state.slots) {
      if (!isPlaced(slot) || begun.has(slot.ordinal) || releaseOf(state, slot) !== undefined) continue;
      const own = new AbortController();
      begun.set(slot.ordinal, own);
      void this.pull(state, slot.node.name, AbortSignal.any([scope.signal, own.signal]));
    }
  }

  private async pull(state: TaskState, node: string, signal: AbortSignal): Promise<void> {
    const { releases, engines, turns, idleMs, onEnd } = this.ports;
    const { appId, service, config } = state;
    let image = '';
    try {
      const kindred = config && (await releases.kindred(appId, service, config));
      if (kindred === undefined) return;
      ({ image } = kindred);
      await turns.take(node, signal, () =>
        inPhase({ name: 'pull', idleMs, signal }, (within, onProgress) =>
          engines.pull(node, kindred.image, within, onProgress),
        ),
      );
      onEnd?.(node, image);
    } catch (error) {
      if (!signal.aborted) onEnd?.(node, image, error);
    }
  }
}

const isPlaced = (slot: SlotProgress): slot is Placed => slot.node !== undefined && !slot.pulled;

/**
 * What the pull of the image itself calls with each sign of progress. Once that has joined the layers which come
 * already, the rest of what was pulled ahead would only be in its way.
 */
export function endingAhead({ kept }: EffectScope, ordinal: number): () => void {
  let messages = 0;
  return () => {
    messages += 1;
    if (messages === UNTIL_SHARED) kept.ahead?.get(ordinal)?.abort();
  };
}
