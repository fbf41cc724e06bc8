import type { LimitAnswer, LimitChange, LimitRefusal } from '#libs/contracts';
import { Semaphore } from '../watch/semaphore.js';
import { beginChange, type Begun } from './begin-change.js';
import type { Found, Subject } from './domain/found.js';
import { LimitError, type LimitFailure } from './domain/limit-error.js';
import { refuseChange, subjectOf } from './domain/refuse.js';
import { appliedOf, refusedAfter, type Refused } from './domain/refusals.js';
import { lookAt } from './look-at.js';
import type { LimitedNode } from './ports.js';

type Answered = LimitAnswer['changes'][number];

export interface Applied {
  readonly changes: readonly Answered[];
  /** Something got no answer. All targets are absolute, so the whole may be applied again. */
  readonly isUnreached: boolean;
}

/** Each is a question on a channel that others need, too. */
const UPDATES_AT_ONCE = 4;

const CODES: Readonly<Record<LimitFailure, LimitRefusal>> = {
  unreachable: 'UNREACHABLE',
  gone: 'GONE',
  unsupported: 'UNSUPPORTED',
  refused: 'FAILED',
};

type Step = { readonly change: LimitChange } & ({ readonly begun: Begun } | { readonly error: LimitError });

/** Applies changes on one node, begun in their order, and reads back what the kernel holds. What fails stops no other. */
export async function applyChanges(node: LimitedNode, changes: readonly LimitChange[]): Promise<Applied> {
  const turns = new Semaphore(UPDATES_AT_ONCE);
  const begin = async (change: LimitChange): Promise<Step> => {
    try {
      return { change, begun: await turns.run(() => beginChange(node, change)) };
    } catch (error) {
      return { change, error: asLimitError(error) };
    }
  };
  const steps = await Promise.all(changes.map(begin));
  const answers = await finish(node, steps);
  const isUnreached = answers.some(({ refused = [] }) => refused.some(({ code }) => code === 'UNREACHABLE'));
  return { changes: answers, isUnreached };
}

/** The direct writes of all in one go, and the reading. */
async function finish(node: LimitedNode, steps: readonly Step[]): Promise<readonly Answered[]> {
  const begun = steps.flatMap((step) => ('begun' in step ? [step.begun] : []));
  let subjects: readonly Subject[] | LimitError = [];
  if (begun.length > 0) subjects = await node.write(begun).catch(asLimitError);
  let next = 0;
  const answers = steps.map(async (step): Promise<Answered> => {
    if ('error' in step) return refusedAll(step.change, step.error);
    if (subjects instanceof LimitError) return refusedAll(step.change, subjects);
    const subject = subjects[next++];
    try {
      return await answerOf(node, step, subject);
    } catch (error) {
      return refusedAll(step.change, asLimitError(error));
    }
  });
  return Promise.all(answers);
}

type BegunStep = Extract<Step, { begun: unknown }>;

async function answerOf(node: LimitedNode, step: BegunStep, subject: Subject | undefined): Promise<Answered> {
  const found = subject?.kind === 'found' ? subject : await again(node, step, subject);
  const { change, begun } = step;
  const refused = refusedAfter(change.limits, found, begun.refused);
  const [first, second] = refused.filter(({ limit }) => limit === 'cpu' || limit === 'cpuset');
  if (begun.undo === undefined || first === undefined || second !== undefined)
    return answered(change, found, refused);
  const held = await lookAt(node, begun.target, begun.undo);
  const limit = first.limit === 'cpu' ? 'cpuset' : 'cpu';
  const why = `put back, as ${first.limit} is refused: ${first.why}`;
  return answered(change, held, [...refused, { limit, code: first.code, why }]);
}

/** Its process may be another one since: the engine is asked, once. */
async function again(
  node: LimitedNode,
  { change, begun }: BegunStep,
  subject: Subject | undefined,
): Promise<Found> {
  const target = subject?.kind === 'bare' ? begun.target : await node.find(change, true);
  if (target === undefined) throw new LimitError('gone', 'it does not run any more');
  return lookAt(node, target, begun.words);
}

const answered = (change: LimitChange, found: Found, refused: readonly Refused[]): Answered => ({
  ...subjectOf(change),
  ...appliedOf(found),
  ...(refused.length > 0 && { refused: [...refused] }),
});

const refusedAll = (change: LimitChange, { failure, message }: LimitError): Answered =>
  refuseChange(change, CODES[failure], message);

const asLimitError = (error: unknown): LimitError =>
  error instanceof LimitError
    ? error
    : new LimitError('refused', error instanceof Error ? error.message : String(error), error);
