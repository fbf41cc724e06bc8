import { AGENT_SILENT_MS, nodeState, topics } from '#libs/contracts';
import { tail, type TailedMessage } from '#libs/kafka';
import { NewestStates } from '#libs/observations';
import type { Runtime } from '#libs/runtime';
import { type Measured, measuredOf } from '../domain/measured.js';

interface NodeFiguresParts {
  readonly now: () => Date;
  /** Undefined where nothing is known of the node any more. */
  readonly onChange: (node: string, measured: Measured | undefined) => void;
}

/**
 * What the agents measured last on each node, in memory; each replica reads all of `node.state`. Silence is no zero: what
 * is older than AGENT_SILENT_MS is not known.
 */
export class NodeFigures {
  private readonly states = new NewestStates();
  private readonly fresh = new Map<string, { readonly measured: Measured; readonly untilMs: number }>();

  constructor(private readonly parts: NodeFiguresParts) {}

  take({ key, data }: Pick<TailedMessage, 'key' | 'data'>): void {
    if (data === '') return this.forget(key);
    const state = nodeState.schema.safeParse(data);
    // What cannot be read is none: the node manager sends it to the dead letters.
    if (!state.success || !this.states.take(state.data)) return;
    const { node, observedAt } = state.data;
    const untilMs = Date.parse(observedAt) + AGENT_SILENT_MS;
    const measured = measuredOf(state.data, this.fresh.get(node)?.measured);
    this.fresh.set(node, { measured, untilMs });
    if (this.isFresh({ untilMs })) this.parts.onChange(node, measured);
  }

  /** Whether an agent has ever said anything of a node that is there. */
  get knowsAny(): boolean {
    return this.states.nodes.length > 0;
  }

  of(node: string): Measured | undefined {
    const known = this.fresh.get(node);
    return known !== undefined && this.isFresh(known) ? known.measured : undefined;
  }

  /** Has what is not fresh any more forgotten. */
  expire(): void {
    for (const [node, known] of this.fresh) {
      if (this.isFresh(known)) continue;
      this.fresh.delete(node);
      this.parts.onChange(node, undefined);
    }
  }

  private forget(node: string): void {
    this.states.forget(node);
    if (this.fresh.delete(node)) this.parts.onChange(node, undefined);
  }

  private isFresh({ untilMs }: { readonly untilMs: number }): boolean {
    return this.parts.now().getTime() <= untilMs;
  }
}

/** Reads along for as long as this replica lives. */
export const followFigures = (
  kafka: Runtime['kafka'],
  figures: Pick<NodeFigures, 'take'>,
): Promise<{ stop(): Promise<void> }> =>
  tail(kafka, {
    topics: [topics.nodeState],
    from: 'beginning',
    onMessage: (message) => figures.take(message),
  });
