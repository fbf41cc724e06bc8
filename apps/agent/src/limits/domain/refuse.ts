import type { LimitAnswer, LimitChange, LimitRefusal, LimitRequest } from '#libs/contracts';
import { limitNames, namesWanted } from './limit-names.js';

type Answered = LimitAnswer['changes'][number];

/** Whose limits it is about, as the request has it. */
export const subjectOf = ({
  instance,
  container,
}: LimitChange): Pick<Answered, 'instance' | 'container'> => ({
  ...(instance !== undefined && { instance }),
  ...(container !== undefined && { container }),
});

/** One that only reads has all of its limits refused. */
export function refuseChange(change: LimitChange, code: LimitRefusal, why: string): Answered {
  const wanted = namesWanted(change);
  const refused = (wanted.length > 0 ? wanted : limitNames).map((limit) => ({ limit, code, why }));
  return { ...subjectOf(change), refused };
}

/** Refuses all of a request. */
export const refuseRequest = (
  { request, node, changes }: LimitRequest,
  code: LimitRefusal,
  { why, at }: { readonly why: string; readonly at: Date },
): LimitAnswer => ({
  ...{ request, node, at: at.toISOString() },
  changes: changes.map((change) => refuseChange(change, code, why)),
});
