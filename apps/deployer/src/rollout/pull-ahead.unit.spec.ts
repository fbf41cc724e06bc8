import { describe, expect, it } from 'vitest';
import type { TaskEvent } from '../task/domain/task.events.js';
import { foldTask } from '../task/domain/task.state.js';
import { accepted, releaseWith } from '../task/domain/task.testing.js';
import type { EffectScope } from '../task/effect-scope.js';
import { endingAhead, PullAhead } from './pull-ahead.js';
import { Turns } from '../task/turns.js';

const before = releaseWith('old', 1);
const release = releaseWith('new', 1);
const node = { name: 'node-1', address: '10.0.0.9', port: 21_000, score: 50 };
const timed = { phase: 'x', ms: 1 };
const { sourceDigest, config } = release;
const fetched: TaskEvent = { type: 'SourceFetched', data: { sourceDigest, config, ...timed } };
const planned: TaskEvent = {
  type: 'PlanMade',
  data: { slots: [{ ordinal: 0 }, { ordinal: 1 }], surplus: [], kept: [], notes: [] },
};
const placed: TaskEvent = { type: 'NodeAssigned', data: { ordinal: 1, node, ...timed } };

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function world({ kindred = before, fails = false } = {}) {
  const pulls: { readonly what: string; readonly signal: AbortSignal }[] = [];
  const failed: unknown[] = [];
  const ahead = new PullAhead({
    releases: { kindred: () => Promise.resolve(kindred) },
    engines: {
      pull(on, image, signal) {
        pulls.push({ what: `${on} ${image}`, signal });
        if (fails) return Promise.reject(new Error('no registry'));
        return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('ended'))));
      },
    },
    turns: new Turns(() => 1),
    idleMs: 60_000,
    onEnd: (_node, _image, error) => failed.push(error),
  });
  const scope: EffectScope = {
    ...{ claim: { taskId: 't1/web', fence: 1n }, signal: new AbortController().signal, kept: {} },
  };
  return { ahead, scope, pulls, failed };
}

const state = (...events: readonly TaskEvent[]) => foldTask([accepted({}), ...events]);

describe('what a node pulls while the image is built', () => {
  it('is a release with layers in common, once, as soon as the node is known', async () => {
    const { ahead, scope, pulls } = world();
    ahead.begin(scope, state(fetched, planned));
    await settled();
    expect(pulls).toEqual([]);
    ahead.begin(scope, state(fetched, planned, placed));
    ahead.begin(scope, state(fetched, planned, placed));
    await settled();
    expect(pulls.map(({ what }) => what)).toEqual([`node-1 ${before.image}`]);
  });

  it('is nothing where the image is known already: a warm run costs nothing more', async () => {
    const { ahead, scope, pulls } = world();
    const reused: TaskEvent = { type: 'ReleaseReused', data: { release } };
    ahead.begin(scope, state(fetched, reused, planned, placed));
    await settled();
    expect(pulls).toEqual([]);
  });

  it('may fail: nobody hears of it but the log', async () => {
    const { ahead, scope, failed } = world({ fails: true });
    ahead.begin(scope, state(fetched, planned, placed));
    await settled();
    expect(failed).toEqual([expect.objectContaining({ message: 'no registry' })]);
  });

  it('ends when the pull of the image itself has joined its layers, and not before', async () => {
    const { ahead, scope, pulls } = world();
    ahead.begin(scope, state(fetched, planned, placed));
    await settled();
    const onProgress = endingAhead(scope, 1);
    onProgress();
    expect(pulls[0]?.signal.aborted).toBe(false);
    onProgress();
    expect(pulls[0]?.signal.aborted).toBe(true);
    endingAhead(scope, 0)();
  });
});
