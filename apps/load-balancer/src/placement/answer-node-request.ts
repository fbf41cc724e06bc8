import type { AssignedNode, NodeAnswer, NodeRequest, NodeWaiting } from '#libs/contracts';
import type { Explanation } from './domain/explanation.js';
import type { Place } from './domain/place.js';
import { heldFrom, type Hold, missingOf, type WaitingRequest } from './domain/waiting-line.js';
import type { Answers, Line, Placing } from './ports.js';

interface AnswerPorts {
  readonly placing: Placing;
  readonly answers: Answers;
  readonly line: Line;
  now(): Date;
}

type Outcome = Pick<NodeAnswer, 'node' | 'refusals'> & { readonly explanation?: Explanation };

/**
 * Reserves a place for an instance and answers with it and the node's login, or with what ruled out each node.
 * Idempotent: the same access token gets the same place for as long as that is reserved.
 * @returns undefined where no node fits and the request waits for room
 */
export async function answerNodeRequest(
  ports: AnswerPorts,
  request: NodeRequest,
): Promise<NodeAnswer | undefined> {
  const { placing, answers, line } = ports;
  const kept = await placing.kept(request);
  const node = kept && (await assigned(placing, kept));
  if (node === undefined && (await waitsInLine(ports, request))) return undefined;
  const outcome: Outcome = node ? { node, refusals: [] } : await placeAnew(placing, request);
  const waiting = outcome.node === undefined ? await line.join(request, true) : undefined;
  if (waiting !== undefined) {
    await answers.sendWaiting(waitingMessage(waiting, missingOf(outcome.explanation)));
    return undefined;
  }
  const answer = {
    ...answerTo(request, outcome),
    ...(outcome.node === undefined && wouldWait(ports, request) && { lineIsFull: true }),
  };
  await answers.send(answer, request, outcome.explanation);
  return answer;
}

/** Whether there is time left for it to wait, so that only the length of the line can have kept it out. */
const wouldWait = ({ now }: AnswerPorts, { waitUntil }: NodeRequest): boolean =>
  waitUntil !== undefined && Date.parse(waitUntil) > now().getTime();

/** Those before it are tried first, then it: nobody takes room that others have waited for longer. */
async function waitsInLine({ placing, line }: AnswerPorts, request: NodeRequest): Promise<boolean> {
  const { standing } = placing;
  return standing === 'waits' || (standing === 'behind' && (await line.join(request, false)) !== undefined);
}

export const answerTo = (
  { accessToken, appId, service }: NodeRequest,
  { node, refusals }: Outcome,
): NodeAnswer => ({ accessToken, appId, service, node, refusals });

export const waitingMessage = (
  { request: { accessToken, appId, service }, priority, since, until }: WaitingRequest,
  missing: string[],
): NodeWaiting => ({ appId, service, request: { accessToken, priority }, since, until, missing });

/**
 * Optimistic: decides on nodes as they are known, then takes the place if it is still free (Schwarzkopf et al., "Omega",
 * EuroSys 2013). Others may place at the same time; each conflict means that one of them has succeeded. That no node
 * fits is said of nodes that were just read.
 */
export async function placeAnew(
  placing: Placing,
  request: NodeRequest,
  { hold = placing.hold, isRenewed = false }: { readonly hold?: Hold; readonly isRenewed?: boolean } = {},
): Promise<Outcome> {
  const unusableNodes: string[] = [];
  const heldNodes = heldFrom(request, hold);
  for (;;) {
    const wish = { ...request, unusableNodes, heldNodes };
    const decided = placing.decide(wish);
    const { places } = decided;
    if (places === undefined) {
      if (isRenewed) return { refusals: [...decided.refusals], explanation: decided.explanation };
      await placing.renew();
      isRenewed = true;
      continue;
    }
    const claimed = await placing.claim(wish);
    if (claimed === undefined) continue;
    const { place, explanation } = claimed;
    const node = await assigned(placing, place);
    if (node === undefined) {
      unusableNodes.push(place.node);
      continue;
    }
    await placing.reserve(request, place);
    return { node, refusals: [], explanation };
  }
}

async function assigned(placing: Placing, { node, port, score }: Place): Promise<AssignedNode | undefined> {
  const access = await placing.accessTo(node);
  return access && { ...access, port, score };
}
