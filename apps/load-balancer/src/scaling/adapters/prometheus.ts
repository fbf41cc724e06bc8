import { z } from 'zod';

/** One that does not answer by then is as one that is away. */
const ANSWER_MS = 2_000;
/** One number takes some 100 bytes; a query that was not aggregated may answer with megabytes. */
const MOST_ANSWER_BYTES = 64 * 1_024;

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
 * Throws where the server does not answer within 2 s, says no, or the result is no finite number. An answer above 64 KiB is
 * not read to its end. The URL comes from whoever wrote the policy, so redirects are not followed.
 */
export async function askPrometheus(url: string, query: string): Promise<number> {
  const target = queryUrl(url, query);
  const response = await fetch(target, { signal: AbortSignal.timeout(ANSWER_MS), redirect: 'error' });
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`${target.origin} answers ${response.status} to the query; expected 200 of a Prometheus`);
  }
  return numberIn(await textOf(response, MOST_ANSWER_BYTES));
}

/** Where a query is asked. Pure. */
export function queryUrl(url: string, query: string): URL {
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/+$/, '')}/api/v1/query`;
  target.searchParams.set('query', query);
  return target;
}

/** The one number of an answer. Throws where it holds no finite one. Pure. */
export function numberIn(answer: string): number {
  const { data } = answerSchema.parse(JSON.parse(answer));
  const value = data.resultType === 'scalar' ? data.result : (data.result[0]?.value ?? NaN);
  if (!Number.isFinite(value)) throw new Error('the query has no finite number as its result');
  return value;
}

/** The body of an answer. Throws once more than `mostBytes` of it have come; the rest is not read. */
export async function textOf(response: Response, mostBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > mostBytes)
      throw new Error(`the answer has more than ${mostBytes} bytes; aggregate the query`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
