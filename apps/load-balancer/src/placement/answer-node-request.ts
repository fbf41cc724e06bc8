import type { AssignedNode, NodeAnswer, NodeRequest } from '#libs/contracts';
import type { Explanation } from './domain/explanation.js';
import type { Place } from './domain/place.js';
import type { Answers, Placing } from './ports.js';

interface AnswerPorts {
  readonly placing: Placing;
  readonly answers: Answers;
}

type Outcome = Pick<NodeAnswer, 'node' | 'refusals'> & { readonly explanation?: Explanation };

/**
 * Reserves a place for an instance and answers with it and the node's login, or with what ruled out each node.
 * Idempotent: the same access token gets the same place for as long as that is reserved.
 */
export async function answerNodeRequest(ports: AnswerPorts, request: NodeRequest): Promise<NodeAnswer> {
  const { placing, answers } = ports;
  const { accessToken, appId, service } = request;
  const kept = await placing.kept(request);
  const node = kept && (await assigned(placing, kept));
  const { explanation, ...outcome }: Outcome = node
    ? { node, refusals: [] }
    : await placeAnew(placing, request);
  const answer = { accessToken, appId, service, ...outcome };
  await answers.send(answer, explanation);
  return answer;
}

/**
 * Optimistic: decides on nodes as they are known, then takes the place if it is still free (Schwarzkopf et al., "Omega",
 * EuroSys 2013). Others may place at the same time; each conflict means that one of them has succeeded. That no node
 * fits is said of nodes that were just read.
 */
async function placeAnew(placing: Placing, request: NodeRequest): Promise<Outcome> {
  const unusableNodes: string[] = [];
  let isRenewed = false;
  for (;;) {
    const wish = { ...request, unusableNodes };
    const decided = placing.decide(wish);
    const { places } = decided;
    if (places === undefined) {
      if (isRenewed) return { refusals: [...decided.refusals], explanation: decided.explanation };
      await placing.renew();
      isRenewed = true;
      continue;
    }
    const place = await placing.claim(wish, places);
    if (place === undefined) continue;
    // By what the claim has read, and before the instance counts itself.
    const { explanation } = decided;
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
