import { describe, expect, it } from 'vitest';
import type { EffectOf } from './domain/task.effects.js';
import type { TaskEvent } from './domain/task.events.js';
import { accepted, releaseWith } from './domain/task.testing.js';
import type { BuiltTag } from '../build/ports.js';
import type { KnownInstance } from '../rollout/ports.js';
import { createEffectRunner, type EffectPorts } from './effect-runner.js';

const release = releaseWith('new', 1);
const node = { name: 'node-1', address: '10.0.0.1', port: 20_000, score: 50 };
const start: EffectOf<'start-instance'> = {
  ...{ kind: 'start-instance', ordinal: 0, node, release, accessToken: 't1:web:0' },
};
const build: EffectOf<'build-image'> = { kind: 'build-image', sourceDigest: release.sourceDigest };
const ended: TaskEvent = { type: 'TaskSucceeded', data: { outcome: 'running' } };
const error = { code: 'TEST', message: 'm', hint: 'h' };
const cleaned: TaskEvent[] = [
  { type: 'StepFailed', data: { step: 'probe-instance', error } },
  { type: 'LeftoversRemoved', data: { instances: [] } },
];

async function taken(
  effect: EffectOf<'start-instance' | 'build-image'>,
  events: readonly TaskEvent[],
  known: readonly string[] = [],
): Promise<readonly string[]> {
  const removed: string[] = [];
  const history = [accepted({}), ...events];
  const ports = {
    store: {
      history: () => Promise.resolve({ version: history.length, events: history }),
    },
    instances: { of: () => Promise.resolve(known.map((name) => ({ name }) as KnownInstance)) },
    engines: {
      stopAndRemove: (on: string, name: string) => Promise.resolve(void removed.push(`${on} ${name}`)),
    },
    builder: { tagOf: () => 'tag', discard: ({ tag }: BuiltTag) => Promise.resolve(void removed.push(tag)) },
  } as unknown as EffectPorts;
  await createEffectRunner(ports).withdraw({ taskId: 't1/web', fence: 1n }, effect);
  return removed;
}

describe('what a replica did after its task had gone to another', () => {
  it('a container goes when the task has ended and nobody knows it: it was stopped meanwhile', async () => {
    expect(await taken(start, [ended])).toEqual(['node-1 shop-web-t1-0']);
  });

  it('a container stays that the other adopted, or will', async () => {
    expect(await taken(start, [ended], ['shop-web-t1-0'])).toEqual([]);
    expect(await taken(start, [])).toEqual([]);
  });

  it('a container goes once the other has cleaned up, unless it is one that comes back', async () => {
    expect(await taken(start, cleaned)).toEqual(['node-1 shop-web-t1-0']);
    const back = { ...start, ordinal: 1_000 };
    const reverting: TaskEvent = { type: 'RevertBegun', data: { slots: [{ ordinal: 1_000 }] } };
    expect(await taken(back, [...cleaned, reverting])).toEqual([]);
  });

  it('a container goes that is not started there any more: its slot has another place, or is leaving this one', async () => {
    const placed: readonly TaskEvent[] = [
      { type: 'ReleaseResolved', data: { release } },
      { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
      { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0' } },
      { type: 'NodeAssigned', data: { ordinal: 0, node, phase: 'place', ms: 1 } },
    ];
    const failed: TaskEvent = {
      type: 'PlaceFailed',
      data: { ordinal: 0, node: 'node-1', port: 20_000, step: 'start-instance', error },
    };
    const left: TaskEvent = {
      type: 'PlaceLeft',
      data: { ordinal: 0, node: 'node-1', phase: 'stop', ms: 1 },
    };
    expect(await taken(start, placed)).toEqual([]);
    expect(await taken(start, [...placed, failed])).toEqual(['node-1 shop-web-t1-0']);
    const again: TaskEvent = { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0.1' } };
    expect(await taken(start, [...placed, failed, left, again])).toEqual(['node-1 shop-web-t1-0']);
    const second = { ...start, accessToken: 't1:web:0.1' };
    expect(await taken(second, [...placed, failed, left, again])).toEqual([]);
  });

  it('an image goes from the builder once the other has pushed its own, or has cleaned up', async () => {
    const pushed: TaskEvent = { type: 'ImagePushed', data: { release, phase: 'push', ms: 1 } };
    expect(await taken(build, [pushed])).toEqual(['tag']);
    expect(await taken(build, cleaned)).toEqual(['tag']);
    expect(await taken(build, [])).toEqual([]);
  });
});
