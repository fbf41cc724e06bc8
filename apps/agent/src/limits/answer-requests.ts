import type { LimitRequest } from '#libs/contracts';
import { applyChanges } from './apply-changes.js';
import { refuseRequest } from './domain/refuse.js';
import type { LimitedNodes, OpenRequest, OpenRequests } from './ports.js';

/** What was decided so long ago says nothing of how much is used now. */
export const EXPIRES_MS = 30_000;
/** For so long what got no answer is tried again: an engine that restarts is back by then. */
export const GIVE_UP_MS = 10_000;
const AGAIN_MS = 500;

interface Parts {
  readonly nodes: LimitedNodes;
  readonly requests: OpenRequests;
  /** The database's time. */
  now(): Date;
  pause(ms: number): Promise<void>;
  onError(error: unknown, node: string): void;
  /** Told of each request that was answered, with the milliseconds that it took. */
  onAnswered(ms: number, limits: { readonly applied: number; readonly refused: number }): void;
}

/** Answers the requests of the nodes that this replica holds: of one node one after another, in their order. */
export class AnswerRequests {
  private readonly working = new Map<string, Promise<void>>();
  private isEnded = false;

  constructor(private readonly parts: Parts) {}

  /** Looks for what no nudge told of, such as requests of a node that another replica held before. */
  async lookAtAll(): Promise<void> {
    const { nodes, requests } = this.parts;
    if (nodes.names.length === 0) return;
    for (const node of await requests.waiting(nodes.names)) this.nudge(node);
  }

  /** There may be a request for the node. */
  nudge(node: string): void {
    if (this.isEnded || this.working.has(node)) return;
    const work = this.answerAll(node)
      .catch((error: unknown) => this.parts.onError(error, node))
      .finally(() => this.working.delete(node));
    this.working.set(node, work);
  }

  /** Resolves once what is under way has ended. */
  async stop(): Promise<void> {
    this.isEnded = true;
    await Promise.all(this.working.values());
  }

  private async answerAll(node: string): Promise<void> {
    for (;;) {
      if (this.isEnded || this.parts.nodes.find(node) === undefined) return;
      const open = await this.parts.requests.next(node);
      if (open === undefined) return;
      if (!(await this.answer(open))) await this.parts.pause(AGAIN_MS);
    }
  }

  /** False where it is to be tried again. */
  private async answer({ request, isOutdated }: OpenRequest): Promise<boolean> {
    const { nodes, requests, now, onAnswered } = this.parts;
    const refuse = (code: Parameters<typeof refuseRequest>[1], why: string): Promise<boolean> =>
      requests.answer(refuseRequest(request, code, { why, at: now() }));
    if (isOutdated) return refuse('FENCE_OUTDATED', 'a request with a higher fence came');
    const ageMs = now().getTime() - Date.parse(request.at);
    if (ageMs > EXPIRES_MS) return refuse('EXPIRED', `it is ${Math.round(ageMs / 1_000)} s old`);
    const node = nodes.find(request.node);
    if (node === 'unreachable') return refuse('UNREACHABLE', 'the node does not answer');
    const isLate = ageMs > GIVE_UP_MS;
    if (node === 'unready') return isLate && refuse('UNREACHABLE', 'the engine of the node does not answer');
    if (node === undefined) return false;
    const begun = performance.now();
    const { changes, isUnreached } = await applyChanges(node, request.changes);
    if (isUnreached && !isLate) return false;
    const answer = { ...named(request), at: now().toISOString(), changes: [...changes] };
    if (!(await requests.answer(answer))) return false;
    const refused = changes.filter((change) => change.refused !== undefined).length;
    onAnswered(performance.now() - begun, { applied: changes.length - refused, refused });
    return true;
  }
}

const named = ({ request, node }: LimitRequest): Pick<LimitRequest, 'request' | 'node'> => ({
  request,
  node,
});
