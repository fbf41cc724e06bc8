import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import type { BuiltTag } from '../ports.js';
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
  /** The builder that has the image already. */
  readonly holder?: string;
  /** The one that built the service last. */
  readonly last?: string;
}

function portsIn({ holder, last }: World) {
  const pushed: BuiltTag[] = [];
  const limits = new Map([
    ['a', 2],
    ['b', 2],
  ]);
  const ports: unknown = {
    releases: { current: () => Promise.resolve(last && { ...release, builder: last }) },
    sources: {
      fetch: () =>
        Promise.resolve({ sourceDigest, config, directory: '/none', dispose: () => Promise.resolve() }),
    },
    builder: {
      ...{ limits, tagOf: () => 'tag', build: () => Promise.resolve() },
      holderOf: () => Promise.resolve(holder),
      push: (image: BuiltTag) => (pushed.push(image), Promise.resolve('r/shop/web@sha256:1')),
    },
    output: { lines: () => undefined, ended: () => Promise.resolve() },
    limits: { fetchMs: 9_000, buildMs: 9_000, pushMs: 9_000 },
    places: new BuildPlaces({ limits, clock: { now: () => new Date(0) } }),
  };
  return { ports: ports as BuildEffectPorts, pushed };
}

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
    expect(sidesOf(writes, 'add-release')[0]?.release).toMatchObject({
      builder: 'b',
      image: 'r/shop/web@sha256:1',
    });
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
