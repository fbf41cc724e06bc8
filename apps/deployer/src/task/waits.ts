import type { NodeAnswer, TaskError } from '#libs/contracts';
import type { Effect, EffectOf } from './domain/task.effects.js';
import type { TaskState } from './domain/task.state.js';
import type { Clock, NodeAnswers, StepWrites, TaskStore, Waits } from './ports.js';

/** Effects that others bring to their end: the load balancer, another task. */
export type Wait = EffectOf<'await-node' | 'await-dependencies'>;

export const isWait = (effect: Effect): effect is Wait =>
  effect.kind === 'await-node' || effect.kind === 'await-dependencies';

export function waitsOf(waits: readonly Wait[]): Waits {
  return {
    accessTokens: waits.flatMap((wait) => (wait.kind === 'await-node' ? wait.accessToken : [])),
    dependencies: waits.flatMap((wait) => (wait.kind === 'await-dependencies' ? wait.services : [])),
  };
}

export interface WaitPorts {
  readonly store: TaskStore;
  readonly answers: NodeAnswers;
  readonly clock: Clock;
}

/** What one wait came to. */
export interface Met {
  readonly wait: Wait;
  readonly writes: StepWrites;
}

/** The waits that are over. Answers are taken as they come by, before they are stored; `lookInStore` asks there too. */
export async function wentBy(
  ports: WaitPorts,
  state: TaskState,
  waits: readonly Wait[],
  lookInStore: boolean,
): Promise<readonly Met[]> {
  const answers = await answersTo(ports, waits, lookInStore);
  const met: Met[] = [];
  for (const wait of waits) {
    const writes =
      wait.kind === 'await-node'
        ? nodeAnswered(state, wait, answers.get(wait.accessToken), ports.clock.now())
        : lookInStore && (await dependenciesMet(ports, state, wait));
    if (writes) met.push({ wait, writes });
  }
  return met;
}

/** Whether an answer came by that was not taken yet. */
export const cameBy = (answers: NodeAnswers, waits: readonly Wait[]): boolean =>
  waitsOf(waits).accessTokens.some((accessToken) => answers.get(accessToken) !== undefined);

async function answersTo(
  { store, answers }: WaitPorts,
  waits: readonly Wait[],
  lookInStore: boolean,
): Promise<ReadonlyMap<string, NodeAnswer>> {
  const { accessTokens } = waitsOf(waits);
  const here = accessTokens.flatMap((accessToken) => answers.get(accessToken) ?? []);
  const known = new Map(here.map((answer) => [answer.accessToken, answer]));
  const others = lookInStore ? accessTokens.filter((accessToken) => !known.has(accessToken)) : [];
  if (others.length > 0)
    for (const answer of await store.nodeAnswers(others)) known.set(answer.accessToken, answer);
  return known;
}

const failed = (step: string, error: TaskError): StepWrites => ({
  events: [{ type: 'StepFailed', data: { step, error } }],
});

function nodeAnswered(
  state: TaskState,
  { ordinal, kind }: EffectOf<'await-node'>,
  answer: NodeAnswer | undefined,
  now: Date,
): StepWrites | undefined {
  if (answer === undefined) return undefined;
  if (answer.node === undefined) return failed(kind, noNode(state, answer.refusals));
  const { name, address, port, score, sealedLogin } = answer.node;
  // Placing is a wait, so its time is between two stored events, not inside one call.
  const asked = state.slots.find((slot) => slot.ordinal === ordinal)?.requestedAt;
  const ms = asked === undefined ? 0 : Math.max(0, now.getTime() - Date.parse(asked));
  const node = { name, address, port, score };
  return {
    events: [{ type: 'NodeAssigned', data: { ordinal, node, phase: 'place', ms } }],
    // What is stored already has its login beside it.
    nodeLogins: sealedLogin === '' ? [] : [answer.node],
  };
}

function noNode(state: TaskState, refusals: readonly { node: string; reason: string }[]): TaskError {
  const why = refusals.map((r) => `${r.node}: ${r.reason}`).join('; ');
  return {
    code: 'NO_NODE',
    message: `No node can take ${state.service}. ${why === '' ? 'No node is enrolled.' : why}`,
    hint: 'Enrol a node (slipway node add), free capacity (slipway stop), or lower resources in config.json.',
  };
}

async function dependenciesMet(
  { store }: Pick<WaitPorts, 'store'>,
  { token, service }: TaskState,
  { services, kind }: EffectOf<'await-dependencies'>,
): Promise<StepWrites | undefined> {
  const known = await store.dependencies(token, services);
  const bad = known.find(({ result }) => result?.status === 'failed');
  if (bad !== undefined)
    return failed(kind, {
      code: 'DEPENDENCY_FAILED',
      message: `${service} depends on ${bad.service}, which failed.`,
      hint: `The error of ${bad.service} in this reply says why; correct it and send the request again under a new token.`,
    });
  if (known.some(({ result }) => result === undefined)) return undefined;
  return { events: [{ type: 'DependenciesMet', data: {} }] };
}
