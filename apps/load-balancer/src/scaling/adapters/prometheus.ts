import { z } from 'zod';

/** One that does not answer by then is as one that is away. */
const ANSWER_MS = 2_000;

const number = z.tuple([z.number(), z.string()]).transform(([, text]) => Number(text));
/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries */
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: number }),
    z.object({
      resultType: z.literal('vector'),
      // No series means that nothing was measured, which is not 0.
      result: z.array(z.object({ value: number })).length(1, 'expected one number; aggregate the query'),
    }),
  ]),
});

/**
 * What a PromQL query comes to now: a scalar, or a vector of one series.
 * Throws where the server does not answer within 2 s, says no, or the result is no finite number.
 */
export async function askPrometheus(url: string, query: string): Promise<number> {
  const target = new URL(`${url.replace(/\/+$/, '')}/api/v1/query`);
  target.searchParams.set('query', query);
  const response = await fetch(target, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
  if (!response.ok) throw new Error(`${target.origin} answers ${response.status}`);
  const { data } = answerSchema.parse(await response.json());
  const value = data.resultType === 'scalar' ? data.result : (data.result[0]?.value ?? NaN);
  if (!Number.isFinite(value)) throw new Error('the query has no finite number as its result');
  return value;
}
