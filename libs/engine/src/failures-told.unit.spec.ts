import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { expect, it } from 'vitest';
import { build } from './build.js';
import { pull, push } from './transfer.js';

const REF = 'registry:5000/shop/web:1';

/** An engine that answers everything with these lines. */
function engineThatSays(message: object): Docker {
  const answer = () => Promise.resolve(Readable.from([`${JSON.stringify(message)}\r\n`]));
  const image = { push: answer, inspect: () => Promise.resolve({ Id: 'sha256:1' }) };
  return { getImage: () => image, buildImage: answer, pull: answer } as unknown as Docker;
}

/** `error` is deprecated since API 1.48 and may be left out: what failed would be taken for done. */
it.each([
  ['alone', { errorDetail: { message: 'denied: no pull' } }],
  ['beside the older form', { errorDetail: { message: 'denied: no pull' }, error: 'denied: no pull' }],
  ['in the older form', { error: 'denied: no pull' }],
])('a failure in errorDetail %s is a failure', async (_, message) => {
  const engine = engineThatSays(message);
  const request = { context: Readable.from([]), tag: REF, labels: {} };
  const classic = { buildKit: false, contextBySession: false };
  await expect(pull(engine, REF, undefined, {})).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  await expect(push(engine, REF, undefined, {})).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
  await expect(build(engine, request, classic)).rejects.toMatchObject({ code: 'REGISTRY_DENIED' });
});
