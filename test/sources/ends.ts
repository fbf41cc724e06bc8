import { expect } from 'vitest';
import { until } from '#libs/testing';
import { slipway } from '../e2e/command.js';
import { type CorpusEnd, endText } from './corpus/corpus.js';
import type { Deployment } from './deployment.js';

type End<K extends string> = Extract<CorpusEnd, { readonly runs: K }>;
type Fails = Extract<CorpusEnd, { readonly fails: string }>;
type Refused = Extract<CorpusEnd, { readonly refused: string }>;

const ANSWER_MS = 20_000;

/** Checks that it ended as it should; what the table says of it. */
export async function endsAs(end: CorpusEnd, deployment: Deployment): Promise<string> {
  if ('refused' in end) isRefused(end, deployment);
  else if ('fails' in end) hasFailed(end, deployment);
  else await runs(end, deployment);
  return endText(end);
}

async function runs(end: End<'answers'> | End<'works'>, deployment: Deployment): Promise<void> {
  expect(deployment.error, JSON.stringify(deployment.error, undefined, 1)).toBeUndefined();
  await (end.runs === 'answers' ? answers(end, deployment) : works(end, deployment));
}

/** Nothing was built, and the sentence is the same wherever it is said. */
function isRefused({ refused, says }: Refused, { error, events }: Deployment): void {
  expect(error).toMatchObject({ code: refused, message: expect.stringContaining(says) as string });
  expect(error?.hint).not.toBe('');
  expect(events.filter((name) => ['ImageBuilt', 'ImagePushed'].includes(name))).toEqual([]);
}

function hasFailed({ fails, says }: Fails, { error }: Deployment): void {
  expect(error).toMatchObject({ code: fails, message: expect.stringContaining(says) as string });
}

async function answers({ path, status = 200, says }: End<'answers'>, { reply }: Deployment): Promise<void> {
  // At its first instance: names below the gateway's domain need not lead anywhere from here.
  const { ip, port } = reply?.endpoint ?? {};
  const first = reply?.services.find(({ instances }) => instances.length > 0)?.instances[0]?.url;
  const url = ip === undefined ? first : `http://${ip}:${port}`;
  const signal = AbortSignal.timeout(ANSWER_MS);
  const answer = await fetch(`${String(url)}${path}`, { redirect: 'manual', signal });
  const body = await answer.text();
  // Every text holds an empty one.
  const expected = says === '' ? '' : (expect.stringContaining(says) as string);
  expect({ status: answer.status, body }).toEqual({ status, body: expected });
}

async function works({ says }: End<'works'>, { appId, reply }: Deployment): Promise<void> {
  for (const { name } of reply?.services ?? [])
    await until(`the log of ${name} to say ${says}`, async () => {
      const { out } = await slipway('logs', appId, name);
      return out.includes(says);
    });
}
