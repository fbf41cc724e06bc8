import type { NodeObservation } from '#libs/contracts';
import { foldObservation } from './fold.js';
import type { ObservedNode } from './observed-node.js';

/** What a message comes to. */
export type Observed =
  /** The node in that second. */
  | { readonly kind: 'observed'; readonly node: ObservedNode; readonly missed: number }
  /** A message before it was missed, so that this one cannot be read; the next whole one can, within ten seconds. */
  | { readonly kind: 'gap'; readonly node: string; readonly missed: number }
  /** Of a replica that does not watch the node any more, or one that came again. */
  | { readonly kind: 'old'; readonly node: string };

interface Known {
  readonly fence: number;
  /** Of the last message that came. */
  readonly sequence: number;
  /** Undefined after a gap. */
  readonly state: ObservedNode | undefined;
}

/**
 * Puts the messages of `node.observed` together, of any number of nodes. It takes them in the order of their partition
 * and never guesses: a second that was not observed is in `missed`.
 */
export class NodeObservations {
  private readonly nodes = new Map<string, Known>();

  take(message: NodeObservation): Observed {
    const { node, fence, sequence } = message;
    const known = this.nodes.get(node);
    if (known !== undefined && isOld(known, message)) return { kind: 'old', node };
    // How much a replica missed before it took over is not known to it.
    const missed = known?.fence === fence ? sequence - known.sequence - 1 : 0;
    const state = foldObservation(known?.state, message);
    this.nodes.set(node, { fence, sequence, state });
    return state === undefined ? { kind: 'gap', node, missed } : { kind: 'observed', node: state, missed };
  }

  /** The last second that is known of a node; undefined where there is none, or a gap since. */
  of(node: string): ObservedNode | undefined {
    return this.nodes.get(node)?.state;
  }

  /** A node that was removed. */
  forget(node: string): void {
    this.nodes.delete(node);
  }
}

const isOld = (known: Known, { fence, sequence }: NodeObservation): boolean =>
  fence < known.fence || (fence === known.fence && sequence <= known.sequence);
