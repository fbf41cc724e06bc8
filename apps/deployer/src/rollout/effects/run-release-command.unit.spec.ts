import { expect, it } from 'vitest';
import { EngineError } from '#libs/engine';
import { sidesOf } from '../../task/domain/step-writes.js';
import { type Effect, nextEffects } from '../../task/domain/task.effects.js';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { evolve, foldTask, type TaskState } from '../../task/domain/task.state.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import type { EffectScope } from '../../task/effect-scope.js';
import type { InstanceEffectPorts } from '../instance.js';
import { runReleaseCommand } from './run-release-command.js';

const node = { name: 'node-1', address: '10.0.0.9', score: 50 };
const release = releaseWith('new', 1, {
  runtime: 'node',
  release: ['migrate'],
  volumes: [{ name: 'data', path: '/data' }],
});
const state = foldTask([accepted({})]);
const effect = { kind: 'run-release-command', ordinal: 0, node, release } as const satisfies Effect;
const scope: EffectScope = {
  claim: { taskId: 't1/web', fence: 1n },
  ...{ signal: new AbortController().signal, kept: {} },
};
const placed = { kind: 'place-volumes', appId: 'shop', service: 'web', node: 'node-1', names: ['data'] };

function portsWith(exitCode: number) {
  const removed: string[] = [];
  const ports: unknown = {
    releases: { commandDone: () => Promise.resolve(false) },
    engines: {
      runToEnd: () => Promise.resolve(exitCode),
      logTail: () => Promise.resolve("ModuleNotFoundError: No module named 'alembic'"),
      stopAndRemove: (_node: string, name: string) => Promise.resolve(void removed.push(name)),
    },
  };
  return { ports: ports as InstanceEffectPorts, removed };
}

it('a command that failed was removed before that was stored: a take-over ran it once more', async () => {
  const { ports, removed } = portsWith(3);
  const { events } = await runReleaseCommand.run(ports, scope, state, effect);
  expect(events).toMatchObject([
    {
      type: 'StepFailed',
      data: {
        step: 'run-release-command',
        error: {
          code: 'RELEASE_FAILED',
          message: expect.stringMatching(
            /^The Python module alembic is not installed\. .* ended with code 3\./,
          ),
        },
      },
    },
  ]);
  expect(removed, 'it stays until the leftovers are removed').toEqual([]);
  expect(nextEffects(foldTask([accepted({}), ...events]))).toMatchObject([{ kind: 'remove-leftovers' }]);
});

it.each([0, 3])(
  'a volume that a command made is known with exit code %i: the next deployment would begin elsewhere, without its data',
  async (exitCode) => {
    const writes = await runReleaseCommand.run(portsWith(exitCode).ports, scope, state, effect);
    expect(sidesOf(writes, 'place-volumes')).toEqual([placed]);
    expect(sidesOf(writes, 'release-command-done')).toHaveLength(exitCode === 0 ? 1 : 0);
  },
);

/** The command where its engine refuses so many times with this code, and how often it was begun. */
function refusing(code: ConstructorParameters<typeof EngineError>[0], times: number) {
  let begun = 0;
  const ports: unknown = {
    releases: { commandDone: () => Promise.resolve(false) },
    engines: {
      runToEnd: () => {
        begun += 1;
        const refusal = new EngineError(code, { message: 'It refuses.', hint: 'h' });
        return begun > times ? Promise.resolve(0) : Promise.reject(refusal);
      },
    },
  };
  return { ports: ports as InstanceEffectPorts, begun: () => begun };
}

it('an image that was removed from the node since its pull is pulled again, once', async () => {
  const { ports } = refusing('IMAGE_NOT_FOUND', 9);
  const pull: TaskEvent = { type: 'ImagePulled', data: { ordinal: 0, phase: 'pull', ms: 1 } };
  const planned = foldTask([
    accepted({}),
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    pull,
  ]);
  const { events } = await runReleaseCommand.run(ports, scope, planned, effect);
  expect(events).toEqual([{ type: 'ImageMissing', data: { ordinal: 0 } }]);
  const again = [...events, pull].reduce<TaskState>(evolve, planned);
  await expect(runReleaseCommand.run(ports, scope, again, effect)).rejects.toMatchObject({
    code: 'IMAGE_NOT_FOUND',
  });
});

it('a connection that breaks while it runs is made again, once: it was said to have failed, and ran twice', async () => {
  const broken = refusing('ENGINE_UNREACHABLE', 1);
  const { events } = await runReleaseCommand.run(broken.ports, scope, state, effect);
  expect(events).toMatchObject([{ type: 'ReleaseCommandDone', data: { ran: true } }]);
  expect(broken.begun()).toBe(2);
  const lost = refusing('ENGINE_UNREACHABLE', 9);
  await expect(runReleaseCommand.run(lost.ports, scope, state, effect)).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
  });
  expect(lost.begun()).toBe(2);
});

it('a replica that lost its lease removes the command where the task has gone to another node meanwhile', async () => {
  const error = { code: 'NODE_UNREACHABLE', message: 'm', hint: 'h' };
  const assigned = (name: string): TaskEvent => ({
    type: 'NodeAssigned',
    data: { ordinal: 0, node: { ...node, name }, phase: 'place', ms: 1 },
  });
  const here = foldTask([
    accepted({}),
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    assigned('node-1'),
  ]);
  const leaves: readonly TaskEvent[] = [
    { type: 'PlaceFailed', data: { ordinal: 0, node: 'node-1', step: effect.kind, error } },
    { type: 'PlaceLeft', data: { ordinal: 0, node: 'node-1', phase: 'stop', ms: 1 } },
    assigned('node-2'),
  ];
  const removedAfter = async (events: readonly TaskEvent[]): Promise<readonly string[]> => {
    const { ports, removed } = portsWith(0);
    await runReleaseCommand.withdraw?.(ports, events.reduce<TaskState>(evolve, here), effect);
    return removed;
  };
  expect(await removedAfter([]), 'whoever took over waits for it').toEqual([]);
  for (const length of [1, 2, 3]) expect(await removedAfter(leaves.slice(0, length))).toHaveLength(1);
});
