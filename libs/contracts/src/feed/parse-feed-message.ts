import { z } from 'zod';
import { inputProblems, problemText } from '../input-problems.js';
import { parseJson } from '../parse-json.js';
import {
  feedApplied,
  feedBye,
  feedChanges,
  feedHello,
  feedRenew,
  feedSnapshot,
  feedWelcome,
  type FromGateway,
  type FromLoadBalancer,
} from './messages.js';

/** `unknown` of a type that a newer version has added, which is passed over. */
export type ParsedFeedMessage<M> =
  | { readonly kind: 'message'; readonly message: M }
  | { readonly kind: 'unknown' }
  /** Names fields and what was expected, never a value. */
  | { readonly kind: 'problem'; readonly problem: string };

const gatewaySchema = z.discriminatedUnion('type', [
  feedHello.schema,
  feedApplied.schema,
  feedRenew.schema,
  feedBye.schema,
]);
const loadBalancerSchema = z.discriminatedUnion('type', [
  feedWelcome.schema,
  feedSnapshot.schema,
  feedChanges.schema,
]);

export const parseFromGateway = (text: string): ParsedFeedMessage<FromGateway> =>
  parsed(gatewaySchema, new Set(['hello', 'applied', 'renew', 'bye']), text);

export const parseFromLoadBalancer = (text: string): ParsedFeedMessage<FromLoadBalancer> =>
  parsed(loadBalancerSchema, new Set(['welcome', 'snapshot', 'changes']), text);

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
