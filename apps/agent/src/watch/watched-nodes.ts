import type { HeldNode, Watching } from '../leases/ports.js';
import { FleetAnswers } from '../liveness/domain/fleet-answers.js';
import type { FleetView } from '../liveness/ports.js';
import type { PortRange } from './domain/listening.js';
import type { NodeAccess, NodeWay } from './ports.js';
import { Pace } from './pace.js';
import { Semaphore } from './semaphore.js';
import { NodeWatch, type NodeWatchParts } from './watch-node.js';

/** How a node is reached. */
export interface NodePlace {
  /** Changes where the node is reached in another way, and only then. */
  readonly key: string;
  /** For instances. */
  readonly range: PortRange;
  open(): NodeAccess;
}

/** What is the same for all nodes. */
type WholeParts = 'watchers' | 'now' | 'pause' | 'onLeftOut';

interface WatchedNodesParts extends Pick<NodeWatchParts, WholeParts> {
  /** Throws where its login cannot be opened; undefined where it was removed. */
  placeOf(node: string): Promise<NodePlace | undefined>;
  onError(error: unknown, what: string, node: string): void;
  /** Told of each node that is watched no longer, whatever the reason. */
  onStopped(node: string): void;
  onRemoved(node: string): Promise<void>;
}

interface Watched {
  readonly held: HeldNode;
  /** Undefined until it is known how to reach it. */
  readonly current?: { readonly watch: NodeWatch; readonly key: string };
}

/** The first looks of many nodes are spread over a second in so many steps, so that messages still leave together. */
const PHASES = 5;
/**
 * Nodes whose watch begins at once. Each is a handshake of 10 ms of CPU or more: of 1,000 side by side most would be given
 * up as too late, and begun anew.
 */
const AT_ONCE = 30;
/**
 * One whose login is slow holds the others up for so long at most: each that has begun is checked every second, which is
 * work, too. One that does not answer holds them up until that is known.
 */
const SLOT_MS = 20_000;
/** Of a node whose login cannot be read now. */
const AGAIN_MS = 5_000;

/** Watches those nodes whose lease this replica holds. */
export class WatchedNodes implements Watching {
  private readonly nodes = new Map<string, Watched>();
  private readonly ended = new AbortController();
  private readonly beginning = new Semaphore(AT_ONCE);
  private readonly pace = new Pace();
  private readonly answers = new FleetAnswers();
  /** Where the last watch of a node ended: with the same fence, the next one counts on. */
  private readonly left = new Map<string, { readonly fence: number; readonly sequence: number }>();

  constructor(private readonly parts: WatchedNodesParts) {}

  get names(): readonly string[] {
    return [...this.nodes.keys()];
  }

  /** Undefined where it is not held; `unready` until it is known how to reach it. */
  way(node: string): NodeWay | 'unready' | undefined {
    const watched = this.nodes.get(node);
    return watched && (watched.current?.watch.way ?? 'unready');
  }

  hold(held: readonly HeldNode[]): void {
    const names = new Set(held.map(({ node }) => node));
    for (const [node] of this.nodes) if (!names.has(node)) this.stop(node);
    for (const one of held) {
      const known = this.nodes.get(one.node);
      if (known?.held.fence === one.fence && known.held.version === one.version) continue;
      if (known !== undefined && known.held.fence !== one.fence) this.stop(one.node);
      this.nodes.set(one.node, { held: one, current: this.nodes.get(one.node)?.current });
      void this.reach(one);
    }
  }

  /** Nothing is watched after it. */
  close(): void {
    this.ended.abort();
    this.pace.stop();
    this.hold([]);
  }

  removed(node: string): Promise<void> {
    this.left.delete(node);
    return this.parts.onRemoved(node);
  }

  private stop(node: string): void {
    const { held, current } = this.nodes.get(node) ?? {};
    current?.watch.stop();
    if (held && current) this.left.set(node, { fence: held.fence, sequence: current.watch.sequence });
    this.nodes.delete(node);
    this.answers.forget(node);
    this.parts.onStopped(node);
  }

  /** Tries until it is known how to reach the node, or it is not held so any more. */
  private async reach(held: HeldNode): Promise<void> {
    const { node } = held;
    for (let isFirst = true; isFirst || this.nodes.get(node)?.held === held; isFirst = false) {
      try {
        const place = await this.parts.placeOf(node);
        if (place !== undefined) await this.beginning.run(() => this.begin(held, place));
        return;
      } catch (error) {
        if (isFirst) this.parts.onError(error, 'a node cannot be watched', node);
        await this.parts.pause(AGAIN_MS, this.ended.signal);
      }
    }
  }

  /** Resolves once it was tried to reach the node, or after some seconds. */
  private async begin(held: HeldNode, place: NodePlace): Promise<void> {
    const { node } = held;
    const known = this.nodes.get(node);
    if (known?.held !== held || known.current?.key === place.key) return;
    known.current?.watch.stop();
    const watch = this.newWatch(held, place, known.current?.watch);
    this.nodes.set(node, { held, current: { watch, key: place.key } });
    const over = new AbortController();
    const signal = AbortSignal.any([this.ended.signal, over.signal]);
    await Promise.race([watch.start(phaseOf(node)), this.parts.pause(SLOT_MS, signal)]);
    over.abort();
  }

  /** A check may still end after its watch. */
  private fleetOf(node: string): FleetView {
    const { answers, nodes } = this;
    return {
      answered: () => void (nodes.has(node) && answers.answered(node)),
      missed: () => void (nodes.has(node) && answers.missed(node)),
      isInDoubt: () => answers.isInDoubt(node),
    };
  }

  private newWatch(held: HeldNode, place: NodePlace, before: NodeWatch | undefined): NodeWatch {
    const { node, fence } = held;
    const left = this.left.get(node);
    const counted = left?.fence === fence ? left.sequence : 0;
    return new NodeWatch({
      ...this.parts,
      share: () => this.pace.share,
      fleet: this.fleetOf(node),
      ...{ node, fence, access: place.open(), range: place.range },
      verdict: before?.verdict ?? held.verdict,
      sequence: before?.sequence ?? counted,
      onError: (error, what) => this.parts.onError(error, what, node),
    });
  }
}

function phaseOf(node: string): number {
  const sum = [...node].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) % 9_973, 7);
  return ((sum % PHASES) * 1_000) / PHASES;
}
