import { expect, it } from 'vitest';
import { EngineError } from '#libs/engine';
import { sidesOf } from '../../task/domain/step-writes.js';
import { type Effect, nextEffects } from '../../task/domain/task.effects.js';
import { foldTask } from '../../task/domain/task.state.js';
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

it('an image that was removed from the node since its pull is pulled again, once', async () => {
  const pulled: string[] = [];
  const missing = new EngineError('IMAGE_NOT_FOUND', { message: 'No such image.', hint: 'h' });
  const ports = (neededPulls: number): unknown => ({
    releases: { commandDone: () => Promise.resolve(false) },
    engines: {
      runToEnd: () => (pulled.length >= neededPulls ? Promise.resolve(0) : Promise.reject(missing)),
      pull: (_node: string, image: string) => Promise.resolve(void pulled.push(image)),
    },
  });
  const run = (neededPulls: number) =>
    runReleaseCommand.run(ports(neededPulls) as InstanceEffectPorts, scope, state, effect);
  expect((await run(1)).events).toMatchObject([{ type: 'ReleaseCommandDone', data: { ran: true } }]);
  expect(pulled).toEqual([release.image]);
  await expect(run(9)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  expect(pulled).toHaveLength(2);
});
