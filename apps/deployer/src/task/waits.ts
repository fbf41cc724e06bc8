import type { NodeAnswer } from '#libs/contracts';
import { decideAnswer, decideDependencies } from './domain/decide-waits.js';
import type { Wait } from './domain/effect-table.js';
import { never } from './domain/never.js';
import type { StepWrites } from './domain/step-writes.js';
import type { TaskState } from './domain/task.state.js';
import type { Clock, NodeAnswers, TaskStore, Waits } from './ports.js';

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
interface Met {
  readonly wait: Wait;
  readonly writes: StepWrites;
}

/** The waits that are over. Answers are taken as they come by, before they are stored; `lookInStore` asks there too. */
export async function endedWaits(
  ports: WaitPorts,
  state: TaskState,
  waits: readonly Wait[],
  lookInStore: boolean,
): Promise<readonly Met[]> {
  const answers = await answersTo(ports, waits, lookInStore);
  const met: Met[] = [];
  for (const wait of waits) {
    const writes = await cameTo(ports, state, wait, answers, lookInStore);
    if (writes !== undefined) met.push({ wait, writes });
  }
  return met;
}

async function cameTo(
  { store, clock }: WaitPorts,
  state: TaskState,
  wait: Wait,
  answers: ReadonlyMap<string, NodeAnswer>,
  lookInStore: boolean,
): Promise<StepWrites | undefined> {
  switch (wait.kind) {
    case 'await-node': {
      const answer = answers.get(wait.accessToken);
      return answer && decideAnswer(wait, state, answer, clock.now());
    }
    case 'await-dependencies':
      if (!lookInStore) return undefined;
      return decideDependencies(wait, state, await store.dependencies(state.token, wait.services));
    default:
      return never(wait);
  }
}

/** Whether an answer came by that was not taken yet. */
export const hasAnswer = (answers: NodeAnswers, waits: readonly Wait[]): boolean =>
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
