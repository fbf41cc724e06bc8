import { describe, expect, it } from 'vitest';
import { Secret } from '#libs/config';
import { withoutSecrets } from '../../secrets/wire.js';
import { StepError } from '../../task/domain/task-error.js';
import type { Release, TaskEvent } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import type { BuiltTag, ImageBuilder } from '../ports.js';
import { BuildPlaces } from '../build-places.js';
import type { EffectScope } from '../../task/effect-scope.js';
import { sidesOf } from '../../task/domain/step-writes.js';
import type { BuildEffectPorts } from '../source.js';
import { buildImage } from './build-image.js';
import { pushImage } from './push-image.js';

const release = releaseWith('new', 1);
const { sourceDigest, config } = release;
const fetched: TaskEvent = { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms: 1 } };

interface World {
  /** What building does. */
  readonly build?: ImageBuilder['build'];
  /** Of its service, beside what it has. */
  readonly buildSecrets?: Readonly<Record<string, string>>;
  /** Of the zip that lies there now; the recorded one when left out. */
  readonly found?: string;
  readonly onDispose?: () => void;
  /** The builder that has the image already. */
  readonly holder?: string;
  /** The one that built the service last. */
  readonly last?: string;
}

function portsIn({ build = () => Promise.resolve(), onDispose, ...world }: World) {
  const { holder, last, buildSecrets, found = sourceDigest } = world;
  const pushed: BuiltTag[] = [];
  const lines: string[] = [];
  const limits = new Map([
    ['a', 2],
    ['b', 2],
  ]);
  const ports: unknown = {
    releases: { current: () => Promise.resolve(last && { ...release, builder: last }) },
    layers: {
      ofImage: ({ image }: Pick<Release, 'image'>) =>
        Promise.resolve({ layers: [{ name: image, bytes: 1 }] }),
    },
    sources: {
      fetch: () =>
        Promise.resolve({
          sourceDigest: found,
          config: { ...config, buildSecrets },
          directory: '/none',
          dispose: () => Promise.resolve(onDispose?.()),
        }),
    },
    builder: {
      ...{ limits, tagOf: () => 'tag', build },
      holderOf: () => Promise.resolve(holder),
      push: (image: BuiltTag) => (
        pushed.push(image),
        Promise.resolve({ image: 'r/shop/web@sha256:1', architecture: 'arm64' })
      ),
    },
    output: {
      lines: (_claim: unknown, _state: unknown, told: string[]) => lines.push(...told),
      ended: () => Promise.resolve(),
    },
    limits: { fetchMs: 9_000, buildMs: 9_000, pushMs: 9_000 },
    places: new BuildPlaces({ limits, clock: { now: () => new Date(0) } }),
    secrets: { values: () => Promise.resolve(stored) },
    withoutSecrets,
  };
  return { ports: ports as BuildEffectPorts, pushed, lines };
}

const stored = new Map([['npm-token', new Secret('hunter2')]]);

const scope = (fence: bigint): EffectScope => ({
  claim: { taskId: 't1/web', fence },
  ...{ signal: new AbortController().signal, kept: {} },
});

async function builderOf(world: World, fence: bigint): Promise<unknown> {
  const ports = portsIn(world).ports;
  const state = foldTask([accepted({}), fetched]);
  const { events } = await buildImage.run(ports, scope(fence), state, {
    kind: 'build-image',
    sourceDigest,
  });
  return events[0]?.type === 'ImageBuilt' ? events[0].data.builder : events;
}

describe('the builder of a task', () => {
  it('is, with equal room, the one that has the layers of the last build', async () => {
    expect(await builderOf({}, 1n)).toBe('a');
    expect(await builderOf({ last: 'b' }, 1n)).toBe('b');
    expect(await builderOf({ last: 'gone' }, 1n)).toBe('a');
  });

  it('of a take-over is the one at which a replica built and died before it was stored: no image is left there', async () => {
    expect(await builderOf({ last: 'a', holder: 'b' }, 2n)).toBe('b');
    expect(await builderOf({ last: 'b' }, 2n)).toBe('b');
  });

  it('is pushed from, whichever replica does it, and stands in the release', async () => {
    const { ports, pushed } = portsIn({ last: 'a' });
    const state = foldTask([
      accepted({}),
      fetched,
      { type: 'ImageBuilt', data: { tag: 'tag', builder: 'b', phase: 'build', ms: 1 } },
    ]);
    const push = { kind: 'push-image', sourceDigest, tag: 'tag' } as const;
    const writes = await pushImage.run(ports, scope(7n), state, push);
    expect(pushed).toEqual([{ tag: 'tag', builder: 'b' }]);
    const [added] = sidesOf(writes, 'add-release');
    expect(added?.release).toMatchObject({
      builder: 'b',
      ...{ image: 'r/shop/web@sha256:1', architecture: 'arm64' },
    });
    const layers = { layers: [{ name: 'r/shop/web@sha256:1', bytes: 1 }] };
    expect(added?.layers).toEqual(layers);
    expect(writes.events[0]?.data).toMatchObject({ layers });
  });

  it('is forgotten with an image that was lost: the next build goes where there is room', () => {
    const state = foldTask([
      accepted({}),
      fetched,
      { type: 'ImageBuilt', data: { tag: 'tag', builder: 'b', phase: 'build', ms: 1 } },
      { type: 'ImageLost', data: { tag: 'tag' } },
    ]);
    expect([state.builtTag, state.builder]).toEqual([undefined, undefined]);
  });
});

it('a take-over built what was uploaded since, as the image of what was fetched: SOURCE_CHANGED, and nothing is built', async () => {
  let disposed = 0;
  const { ports } = portsIn({
    found: 'f'.repeat(64),
    build: () => Promise.reject(new Error('it was built')),
    onDispose: () => (disposed += 1),
  });
  const state = foldTask([accepted({}), fetched]);
  const built = buildImage.run(ports, scope(2n), state, { kind: 'build-image', sourceDigest });
  await expect(built).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  expect(disposed).toBe(1);
});

describe('secrets of a build', () => {
  const state = foldTask([accepted({}), fetched]);
  const effect = { kind: 'build-image', sourceDigest } as const;
  const buildSecrets = { NPM_TOKEN: 'npm-token' };

  it('reach the builder, and neither its output nor its error tells them', async () => {
    const given: string[] = [];
    const { ports, lines } = portsIn({
      buildSecrets,
      build(_name, { secrets, onOutput }) {
        given.push(...Object.entries(secrets).map(([id, secret]) => `${id}=${secret.reveal()}`));
        onOutput('the token is hunter2');
        const logTail = 'npm error: _authToken=hunter2';
        return Promise.reject(
          new StepError({ code: 'BUILD_FAILED', message: 'hunter2 is denied', hint: 'h', logTail }),
        );
      },
    });
    await expect(buildImage.run(ports, scope(1n), state, effect)).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message: '[secret] is denied',
      logTail: 'npm error: _authToken=[secret]',
    });
    expect(given).toEqual(['NPM_TOKEN=hunter2']);
    expect(lines).toEqual(['the token is [secret]']);
  });

  it('that was removed since it was checked is told as missing, and nothing is built', async () => {
    const { ports } = portsIn({
      buildSecrets: { NPM_TOKEN: 'removed' },
      build: () => Promise.reject(new Error('it was built')),
    });
    await expect(buildImage.run(ports, scope(1n), state, effect)).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
    });
  });
});
