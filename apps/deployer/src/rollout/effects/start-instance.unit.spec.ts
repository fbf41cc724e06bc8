import { describe, expect, it } from 'vitest';
import { Secret } from '#libs/config';
import { EngineError } from '#libs/engine';
import { evolve, foldTask, type TaskState } from '../../task/domain/task.state.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import type { LaunchSpec, NodeEngines } from '../ports.js';
import type { Secrets } from '../../secrets/ports.js';
import type { InstanceEffectPorts } from '../instance.js';
import { launch, startInstance } from './start-instance.js';

const node = { name: 'node-1', address: '10.0.0.9', port: 21_000, score: 50 };
const state = foldTask([accepted({})]);

/** Starts an instance of a release that names these secrets; what the engine was given. */
async function started(references: Readonly<Record<string, string>> | undefined, stored: object) {
  const launched: LaunchSpec[] = [];
  const asked: string[][] = [];
  const engines: Pick<NodeEngines, 'launch'> = {
    launch: (_node, spec) => {
      launched.push(spec);
      return Promise.resolve({ container: 'c', startedAt: '2026-01-01T00:00:00.000Z' });
    },
  };
  const secrets: Pick<Secrets, 'values'> = {
    values: (appId, names) => {
      asked.push([appId, ...names]);
      const found = Object.entries(stored).filter(([name]) => names.includes(name));
      return Promise.resolve(new Map(found.map(([name, value]) => [name, new Secret(String(value))])));
    },
  };
  const release = releaseWith('new', 1, references === undefined ? {} : { secrets: references });
  const ports = { engines: engines as NodeEngines, secrets: secrets as Secrets };
  const effect = { kind: 'start-instance', ordinal: 0, node, release, accessToken: 't1:web:0' } as const;
  const result = launch(ports, { taskId: 't1/web', fence: 1n }, state, effect);
  return { result, launched, asked };
}

describe('an instance that is started', () => {
  it('is given the values of its secrets by variable, one value as often as it is named', async () => {
    const references = { PASSWORD: 'db', PGPASSWORD: 'db', KEY: 'signing' };
    const { result, launched, asked } = await started(references, {
      db: 'hunter2',
      signing: 'k',
      other: 'o',
    });
    const told = await result;
    const given = Object.entries(launched[0]?.secrets ?? {}).map(([name, value]) => [name, value.reveal()]);
    expect(given).toEqual([
      ['PASSWORD', 'hunter2'],
      ['PGPASSWORD', 'hunter2'],
      ['KEY', 'k'],
    ]);
    expect(asked).toEqual([['shop', 'db', 'signing']]);
    // What an event will hold, and what a log would.
    expect(JSON.stringify([told, launched])).not.toContain('hunter2');
  });

  it('is not begun when a secret was removed after the plan', async () => {
    const { result, launched } = await started({ PASSWORD: 'db' }, {});
    await expect(result).rejects.toMatchObject({
      code: 'SECRET_NOT_FOUND',
      message: expect.stringContaining('db (as PASSWORD)') as string,
      hint: expect.stringContaining('slipway secret set shop db') as string,
    });
    expect(launched).toEqual([]);
  });

  it('asks for no secret when it names none', async () => {
    const { result, launched, asked } = await started(undefined, { db: 'hunter2' });
    await result;
    expect(asked).toEqual([]);
    expect(launched[0]?.secrets).toEqual({});
  });
});

describe('an image that is not there when its instance starts', () => {
  const missing = new EngineError('IMAGE_NOT_FOUND', { message: 'No such image.', hint: 'h' });
  const pulled = { type: 'ImagePulled', data: { ordinal: 0, phase: 'pull', ms: 1 } } as const;
  const fresh = { ...state, slots: [{ ordinal: 0, pulled: false, healthy: false }] };
  const release = releaseWith('new', 1, {});
  const effect = { kind: 'start-instance', ordinal: 0, node, release, accessToken: 't1:web:0' } as const;
  const start = (of: TaskState) => {
    const ports: unknown = {
      engines: { launch: () => Promise.reject(missing) },
      nodeTurns: { take: async (_node: string, _signal: AbortSignal, work: () => Promise<object>) => work() },
      limits: { startMs: 1_000 },
    };
    const scope = {
      ...{ claim: { taskId: 't1/web', fence: 1n }, kept: {} },
      signal: new AbortController().signal,
    };
    return startInstance.run(ports as InstanceEffectPorts, scope, of, effect);
  };
  const again = [{ type: 'ImageMissing', data: { ordinal: 0 } }];

  it('is pulled', async () => {
    expect((await start(fresh)).events).toEqual(again);
  });

  it('was removed between its pull and the start, by whoever made room: it is pulled again', async () => {
    const once = evolve(fresh, pulled);
    expect((await start(once)).events).toEqual(again);
    const missed = evolve(once, { type: 'ImageMissing', data: { ordinal: 0 } });
    expect(missed.slots[0]).toMatchObject({ imageMissing: true, pulled: false });
  });

  it('is not pulled for ever', async () => {
    const twice = evolve(evolve(fresh, pulled), pulled);
    await expect(start(twice)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });
});
