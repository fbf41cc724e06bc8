import type { AssignedNode, NodeAnswer, NodeRequest } from '#libs/contracts';
import { type Candidate, place, type Place, type Refusal } from './domain/place.js';
import type { Answers, Placing } from './ports.js';

interface AnswerPorts {
  readonly placing: Placing;
  readonly answers: Answers;
}

const LOGIN_CLOSED = 'its login rests under a key that is not in SLIPWAY_NODE_KEY: enrol the node again';

type Outcome = Pick<NodeAnswer, 'node' | 'refusals'>;

/**
 * Reserves a place for an instance and answers with it and the node's login, or with what ruled out each node.
 * Idempotent: the same access token gets the same place for as long as that is reserved.
 */
export async function answerNodeRequest(ports: AnswerPorts, request: NodeRequest): Promise<NodeAnswer> {
  const { placing, answers } = ports;
  const { accessToken, appId, service } = request;
  const { kept, candidates } = await placing.situation(request);
  const node = kept && (await assigned(placing, kept));
  const outcome = node ? { node, refusals: [] } : await placeAnew(placing, request, candidates);
  const answer = { accessToken, appId, service, ...outcome };
  await answers.send(answer);
  return answer;
}

/** A node whose login cannot be opened is ruled out like one that is full: a later try would not help. */
async function placeAnew(
  placing: Placing,
  request: NodeRequest,
  candidates: readonly Candidate[],
  unusable: readonly Refusal[] = [],
): Promise<Outcome> {
  const placement = place(request, candidates);
  if (placement.place === undefined) return { refusals: [...unusable, ...placement.refusals] };
  const { node: name } = placement.place;
  const node = await assigned(placing, placement.place);
  if (node === undefined) {
    const others = candidates.filter((other) => other.name !== name);
    return placeAnew(placing, request, others, [...unusable, { node: name, reason: LOGIN_CLOSED }]);
  }
  await placing.reserve(request, placement.place);
  return { node, refusals: [] };
}

async function assigned(placing: Placing, { node, port, score }: Place): Promise<AssignedNode | undefined> {
  const access = await placing.accessTo(node);
  return access && { ...access, port, score };
}
