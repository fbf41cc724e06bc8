import { z } from 'zod';
import type { FeedMessageDefinition } from './feed-message.js';
import { inputProblems, problemText } from '../input-problems.js';
import { parseJson } from '../parse-json.js';
import {
  feedApplied,
  feedBye,
  feedChanges,
  feedHello,
  feedMessages,
  feedRenew,
  feedSnapshot,
  feedSubscribe,
  feedWelcome,
  type FromGateway,
  type FromLoadBalancer,
} from './messages.js';
import { feedFigures, feedWake } from './figures.js';
import { feedOverrides, feedScores } from './scores.js';

/** `unknown` of a type that a newer version has added, which is passed over. */
export type ParsedFeedMessage<M> =
  | { readonly kind: 'message'; readonly message: M }
  | { readonly kind: 'unknown' }
  /** Names fields and what was expected, never a value. */
  | { readonly kind: 'problem'; readonly problem: string };

const gatewaySchema = z.discriminatedUnion('type', [
  feedHello.schema,
  feedSubscribe.schema,
  feedApplied.schema,
  feedRenew.schema,
  feedBye.schema,
  feedFigures.schema,
  feedWake.schema,
]);
const loadBalancerSchema = z.discriminatedUnion('type', [
  feedWelcome.schema,
  feedSnapshot.schema,
  feedChanges.schema,
  feedScores.schema,
  feedOverrides.schema,
]);

const typesFrom = (from: FeedMessageDefinition['from']): ReadonlySet<string> =>
  new Set(feedMessages.filter((message) => message.from === from).map(({ type }) => type));
const gatewayTypes = typesFrom('gateway');
const loadBalancerTypes = typesFrom('load balancer');

export const parseFromGateway = (text: string): ParsedFeedMessage<FromGateway> =>
  parsed(gatewaySchema, gatewayTypes, text);

export const parseFromLoadBalancer = (text: string): ParsedFeedMessage<FromLoadBalancer> =>
  parsed(loadBalancerSchema, loadBalancerTypes, text);

const typed = z.looseObject({ type: z.string().max(64) });

function parsed<M>(schema: z.ZodType<M>, types: ReadonlySet<string>, text: string): ParsedFeedMessage<M> {
  let body: unknown;
  try {
    body = parseJson(text);
  } catch (error) {
    return { kind: 'problem', problem: (error as Error).message };
  }
  const named = typed.safeParse(body);
  if (!named.success) return problem(named.error);
  if (!types.has(named.data.type)) return { kind: 'unknown' };
  const result = schema.safeParse(body);
  return result.success ? { kind: 'message', message: result.data } : problem(result.error);
}

const problem = ({ issues }: z.ZodError): { readonly kind: 'problem'; readonly problem: string } => ({
  ...{ kind: 'problem', problem: problemText(inputProblems(issues), 'message') },
});
