import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import { describe, expect, it } from 'vitest';
import { pushedDigest } from './pushed-digest.js';
import { digestInRegistry, push } from './transfer.js';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;
const REF = 'registry:5000/shop/web:1';

/** The answers of pushes, by the engine. Those with containerd's store were not had live, the others were recorded. */
const answers = {
  'Docker with its own store': [
    { status: 'The push refers to repository [registry:5000/shop/web]' },
    { status: 'Pushed', progressDetail: {}, id: '5f70bf18a086' },
    { status: `1: digest: ${DIGEST} size: 528` },
    { progressDetail: {}, aux: { Tag: '1', Digest: DIGEST, Size: 528 } },
  ],
  'Docker with the store of containerd': [
    { status: 'The push refers to repository [registry:5000/shop/web]' },
    { status: 'Pushed', progressDetail: {}, id: '5f70bf18a086' },
    { status: `1: digest: ${DIGEST} size: 855` },
  ],
  'Docker with the store of containerd, and one platform of several': [
    {
      aux: {
        manifestPushedInsteadOfIndex: true,
        originalIndex: { digest: OTHER, size: 1609 },
        selectedManifest: { digest: DIGEST, size: 855 },
      },
    },
    { status: `1: digest: ${DIGEST} size: 855` },
  ],
  'Podman 4.3': [
    { status: 'The push refers to repository [127.0.0.1:15555/test:1]' },
    { status: `1: digest: ${DIGEST} size: 343` },
  ],
  'an engine that says nothing': [{ status: 'Pushed', id: '5f70bf18a086' }],
} as const;

/** An engine whose push answers so, and whose registry has another digest. */
function engineThatSays(messages: readonly object[]): Docker {
  const lines = messages.map((message) => `${JSON.stringify(message)}\r\n`);
  const image = {
    push: () => Promise.resolve(Readable.from(lines).pipe(new PassThrough())),
    distribution: () => Promise.resolve({ Descriptor: { digest: OTHER } }),
  };
  return { getImage: () => image } as unknown as Docker;
}

describe('the digest of a push', () => {
  it.each(Object.keys(answers).slice(0, 4) as (keyof typeof answers)[])('of %s is told', async (engine) => {
    expect(await push(engineThatSays(answers[engine]), REF, undefined, {})).toEqual({ digest: DIGEST });
  });

  it('is asked for at the registry where the engine says nothing: every push failed there', async () => {
    const said = answers['an engine that says nothing'];
    expect(await push(engineThatSays(said), REF, undefined, {})).toEqual({ digest: OTHER });
  });

  it.each([{}, { aux: null }, { aux: 'x' }, { aux: { Digest: 1 } }, { status: 'digest: md5:1' }])(
    'is not in %j',
    (message) => expect(pushedDigest(message)).toBeUndefined(),
  );
});

it.each([
  ['Podman, which has no such call', 'Not Found', 'ENGINE_UNSUPPORTED'],
  ['Docker of an image that is not there', 'manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
])('404 of %s is told', async (_, message, code) => {
  const distribution = () => Promise.reject(Object.assign(new Error(message), { statusCode: 404 }));
  const docker = { getImage: () => ({ distribution }) } as unknown as Docker;
  await expect(digestInRegistry(docker, REF, undefined)).rejects.toMatchObject({ code });
});
