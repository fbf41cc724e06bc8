import { describe, expect, it } from 'vitest';
import type { EffectOf } from '../task/domain/task.effects.js';
import { releaseWith, running } from '../task/domain/task.testing.js';
import { checkInstance, checkText } from './check-instance.js';
import type { HealthCommandRun, ProbeResult, ProbeTarget } from './ports.js';

const well: ProbeResult = { healthy: true, seen: 'HTTP 200' };
const node = { name: 'node-1', address: '10.0.0.1', port: 20_000, score: 50 };

/** Checks an instance of this config once; what was asked of whom. */
async function checking(
  config: object,
  answer = well,
  ended = { healthy: true, seen: 'health.command ended with 0' },
) {
  const release = releaseWith('new', 1, { runtime: 'node', ...config });
  const { address } = running('web-0', release);
  const { port: _port, url: _url, ...ofWorker } = address;
  const reached = release.config.port === undefined ? ofWorker : address;
  const effect: EffectOf<'probe-instance'> = {
    ...{ kind: 'probe-instance', ordinal: 0, release, replaces: false, node },
    slot: {
      ordinal: 0,
      accessToken: 't',
      pulled: true,
      healthy: false,
      name: 'web-0',
      address: reached,
      node,
    },
  };
  const targets: ProbeTarget[] = [];
  const runs: HealthCommandRun[] = [];
  const ports = {
    engines: {
      inspect: () => Promise.resolve({ running: true, restartCount: 0 }),
      check: (_node: string, _container: string, run: HealthCommandRun) => {
        runs.push(run);
        return Promise.resolve(ended);
      },
    },
    prober: {
      probe: (target: ProbeTarget) => {
        targets.push(target);
        return Promise.resolve(answer);
      },
    },
  };
  const result = await checkInstance(ports, effect, new AbortController().signal);
  return { result, targets, commands: runs.map(({ command }) => command), text: checkText(effect, result) };
}

const command = ['pg_isready', '-q'];

describe('whether an instance is well', () => {
  it('is asked as health of config.json says', async () => {
    const asked = { path: '/up', headers: { Host: 'a' }, scheme: 'https', statuses: [204] };
    const { targets, commands } = await checking({ health: asked });
    expect(targets).toEqual([{ host: '10.0.0.1', port: 20_000, ...asked }]);
    expect(commands).toEqual([]);
  });

  it('is a connection where config.json says nothing', async () => {
    expect((await checking({})).targets).toEqual([{ host: '10.0.0.1', port: 20_000 }]);
  });

  it('is what a command says, and nothing is asked over the network', async () => {
    const no = { healthy: false, seen: 'health.command ended with 2: no response' };
    const { result, targets, commands, text } = await checking({ health: { command } }, well, no);
    expect([result, targets, commands]).toEqual([no, [], [command]]);
    expect(text).toBe('It was asked by its command: health.command ended with 2: no response.');
  });

  it('is what a command says of a worker, too', async () => {
    const { commands, targets } = await checking({ port: undefined, health: { command } });
    expect([commands, targets]).toEqual([[command], []]);
  });

  it('needs both where there is a path and a command', async () => {
    const health = { path: '/', command };
    expect((await checking({ health })).result.healthy).toBe(true);
    const refused = await checking({ health }, { healthy: false, seen: 'HTTP 503' });
    expect([refused.result.seen, refused.commands]).toEqual(['HTTP 503', []]);
    const no = { healthy: false, seen: 'health.command ended with 1' };
    expect((await checking({ health }, well, no)).result).toEqual(no);
  });
});
