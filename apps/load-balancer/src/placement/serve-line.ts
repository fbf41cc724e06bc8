import type { NodeRequest } from '#libs/contracts';
import { answerTo, placeAnew, waitingMessage } from './answer-node-request.js';
import type { Explanation } from './domain/explanation.js';
import {
  heldFrom,
  type Hold,
  holdBy,
  holdOf,
  kindOfRequest,
  mayHold,
  missingOf,
} from './domain/waiting-line.js';
import type { WaitingRequest } from './domain/waiting-line.js';
import { makeRoom } from './make-room.js';
import type { Answers, Evictions, LinePlacing, ServedLine } from './ports.js';

interface ServePorts {
  readonly placing: LinePlacing;
  readonly answers: Answers;
  readonly line: ServedLine;
  readonly holdAfterMs: number;
  /** Left out: nothing is ever stopped for those that wait. */
  readonly evictions?: Evictions;
}

/** `busy`: another replica is at the line, at a request of it, or at a node that may have room. `answered`: one left the line, and more may. `tried`: there is no room for any. */
export type Served = 'busy' | 'answered' | 'tried';

/**
 * One step along the line, for one transaction: the first request that finds room is placed, and one whose time is over
 * is answered without a node. A replica that dies leaves the line as it was before the step. `mayHold` says the rule.
 * Where there is no room for any, others may be asked to make some (`makeRoom`).
 * @param isRenewed reads all nodes anew first: where the time of some is over, and now and then, for promises expire
 * without a note
 */
export async function serveLine(ports: ServePorts, isRenewed: boolean): Promise<Served> {
  const { placing, line, answers } = ports;
  const waiting = await line.inOrder();
  if (waiting === undefined) return 'busy';
  await (isRenewed ? placing.renew() : placing.refresh());
  const hold = holdOf(waiting);
  const missing = new Map<string, string[]>();
  const untold: WaitingRequest[] = [];
  let isBusy = false;
  for (const one of waiting) {
    const result = await tryOne(ports, one, hold, missing);
    if (result === 'answered') return result;
    if (result === 'busy') isBusy = true;
    else if (!one.announced) untold.push(one);
  }
  for (const one of untold)
    await answers.sendWaiting(waitingMessage(one, missing.get(kindOf(one, hold)) ?? []));
  const announced = untold.map(({ request }) => request.accessToken);
  const made = ports.evictions && (await makeRoom(placing, ports.evictions, waiting, isRenewed));
  await line.wasTried({
    announced,
    untried: made?.untried ?? [],
    hold: made?.hold ?? nextHold(ports, waiting),
  });
  return isBusy ? 'busy' : 'tried';
}

const kindOf = ({ request }: WaitingRequest, hold: Hold | undefined): string =>
  kindOfRequest(request, heldFrom(request, hold));

/** Notes what is missing where there is no room for it. */
async function tryOne(
  { placing, line, answers, evictions }: ServePorts,
  one: WaitingRequest,
  hold: Hold | undefined,
  missing: Map<string, string[]>,
): Promise<Served> {
  const { request, isDue, since } = one;
  const kind = kindOf(one, hold);
  if (!isDue) {
    if (missing.has(kind)) return 'tried';
    const decided = placing.decide({ ...request, heldNodes: heldFrom(request, hold) });
    if (decided.place === undefined) {
      if (placing.isBusy) return 'busy';
      missing.set(kind, missingOf(decided.explanation));
      return 'tried';
    }
  }
  if (!(await line.take(request.accessToken))) return 'busy';
  await placing.about(request);
  const outcome = await placeAnew(placing, request, { hold, isRenewed: true });
  // It is tried again soon. Most that ask for a node meanwhile go behind it, so the lock is free before long.
  if (outcome.node === undefined && placing.isBusy) return 'busy';
  if (outcome.node === undefined && !isDue) {
    missing.set(kind, missingOf(outcome.explanation));
    return 'tried';
  }
  await line.leave(one);
  const explanation = outcome.explanation && (await withEvicted(outcome.explanation, request, evictions));
  await answers.send({ ...answerTo(request, outcome), waitedSince: since }, request, explanation);
  return 'answered';
}

async function withEvicted(
  explanation: Explanation,
  { accessToken, preempt }: NodeRequest,
  evictions: Evictions | undefined,
): Promise<Explanation> {
  const evicted = preempt === true ? await evictions?.madeFor(accessToken) : undefined;
  return evicted === undefined || evicted.length === 0 ? explanation : { ...explanation, evicted };
}

function nextHold(
  { placing, holdAfterMs }: ServePorts,
  waiting: readonly WaitingRequest[],
): Hold | undefined {
  const first = mayHold(waiting, holdAfterMs);
  const node = first && placing.closest(first.request, first.holds);
  if (first === undefined || node === undefined) return undefined;
  return holdBy(first, node);
}
