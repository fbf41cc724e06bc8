import { expect, it } from 'vitest';
import type { ImageLayers } from '#libs/contracts';
import { decide } from '../task/domain/decide.js';
import { foldTask } from '../task/domain/task.state.js';
import type { TaskEvent } from '../task/domain/task.events.js';
import { accepted, releaseWith, running } from '../task/domain/task.testing.js';

it('the rules of placement of config.json travel with the request for a node, and what its image was built for', () => {
  const requestOf = (config: object, built: object = {}) => {
    const state = foldTask([
      accepted({}),
      { type: 'InstancesSurveyed', data: { instances: [] } },
      { type: 'ReleaseResolved', data: { release: { ...releaseWith('new', 1, config), ...built } } },
      { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    ]);
    const effect = { kind: 'request-node', ordinal: 0, accessToken: 't1:web:0' } as const;
    const [side] = decide(effect, state, { now: new Date(0) }).sides ?? [];
    return side?.kind === 'request-node' ? side.request : undefined;
  };
  expect(requestOf({ placement: { rebalance: false } })).toMatchObject({ rebalance: false });
  expect(requestOf({ placement: { rebalance: false } })).not.toHaveProperty('placement');
  expect(requestOf({ placement: { rebalance: true } })).not.toHaveProperty('rebalance');
  const placement = { constraints: ['disk=ssd'], antiAffinity: ['batch'] };
  expect(requestOf({ placement })).toMatchObject({ placement });
  expect(requestOf({})).not.toHaveProperty('placement');
  expect(requestOf({}, { architecture: 'arm64' })).toMatchObject({ architecture: 'arm64' });
  // Of a release that was made before this was recorded, or of an image for several machines.
  expect(requestOf({})).not.toHaveProperty('architecture');
});

it('what its image consists of travels with the request for a node, where that is known', () => {
  const layers = { architecture: 'amd64', layers: [{ name: 'abcdef', bytes: 3 }] };
  const requestsOf = (known: ImageLayers | undefined, ...more: readonly TaskEvent[]) => {
    const release = releaseWith('new', 1);
    const state = foldTask([
      accepted({}),
      { type: 'InstancesSurveyed', data: { instances: [running('a', releaseWith('old', 1))] } },
      { type: 'ImagePushed', data: { release, layers: known, phase: 'push', ms: 1 } },
      { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
      ...more,
    ]);
    return state.slots.map(({ ordinal }) => {
      const effect = { kind: 'request-node', ordinal, accessToken: `t1:web:${ordinal}` } as const;
      const [side] = decide(effect, state, { now: new Date(0) }).sides ?? [];
      return side?.kind === 'request-node' ? side.request.imageLayers : undefined;
    });
  };
  expect(requestsOf(layers)).toEqual([layers]);
  expect(requestsOf(undefined)).toEqual([undefined]);
  // An image without any is no news, and no message.
  expect(requestsOf({ layers: [] })).toEqual([undefined]);
  // The release before is another image.
  const back: TaskEvent = { type: 'RevertBegun', data: { slots: [{ ordinal: 1_000, restores: 'a' }] } };
  expect(requestsOf(layers, back).at(-1)).toBeUndefined();
});
