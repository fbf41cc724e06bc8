import { describe, expect, it } from 'vitest';
import type { EffectOf } from '../task/domain/task.effects.js';
import { releaseWith, running } from '../task/domain/task.testing.js';
import { checkInstance, checkText } from './check-instance.js';
import type { HealthCommandRun, ProbeResult, ProbeTarget } from './ports.js';

const well: ProbeResult = { healthy: true, seen: 'HTTP 200' };
const node = { name: 'node-1', address: '10.0.0.1', port: 20_000, score: 50 };

interface TcpWorld {
  /** /proc/net/tcp of its container. */
  readonly sockets?: string;
  /** What came of the look before. */
  readonly before?: ProbeResult;
}

/** A socket that listens at the port, with so many connections that no process has accepted. */
const listening = (port: number, waiting: number): string =>
  `   0: 00000000:${hex(port, 4)} 00000000:0000 0A 00000000:${hex(waiting, 8)} 00:00000000 00000000 10001`;
const hex = (n: number, digits: number): string => n.toString(16).toUpperCase().padStart(digits, '0');

/** Checks an instance of this config once; what was asked of whom. */
async function checking(
  config: object,
  answer = well,
  ended = { healthy: true, seen: 'health.command ended with 0' },
  { sockets, before }: TcpWorld = {},
) {
  const release = releaseWith('new', 1, { runtime: 'node', ...config });
  const { address } = running('web-0', release);
  const { port: _port, url: _url, ...ofWorker } = address;
  const reached = release.config.port === undefined ? ofWorker : address;
  const effect: EffectOf<'probe-instance'> = {
    ...{ kind: 'probe-instance', ordinal: 0, release, node },
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
  const timeouts: number[] = [];
  let looks = 0;
  const runs: HealthCommandRun[] = [];
  const ports = {
    engines: {
      sockets: () => {
        looks += 1;
        return Promise.resolve(sockets);
      },
      inspect: () => Promise.resolve({ running: true, restartCount: 0 }),
      check: (_node: string, _container: string, run: HealthCommandRun) => {
        runs.push(run);
        return Promise.resolve(ended);
      },
    },
    prober: {
      probe: (target: ProbeTarget, timeoutMs: number) => {
        targets.push(target);
        timeouts.push(timeoutMs);
        return Promise.resolve(answer);
      },
    },
  };
  const result = await checkInstance(ports, effect, new AbortController().signal, before);
  return {
    looks,
    timeouts,
    result,
    targets,
    commands: runs.map(({ command }) => command),
    text: checkText(effect, result),
  };
}

const command = ['pg_isready', '-q'];
/** The port of `releaseWith`. */
const PORT = 8080;

describe('a service without a health path whose workers crash at their start was told as running', () => {
  const look = (sockets?: string, before?: ProbeResult, config = {}) =>
    checking(config, { healthy: true, seen: 'TCP connection' }, undefined, { sockets, before });

  it('is not well while the connection of the probe waits for a process', async () => {
    const { result, text } = await look(listening(PORT, 1));
    expect(result).toEqual({ healthy: false, seen: 'a TCP connection that no process accepts' });
    expect(text).toBe('Probe http://10.0.0.1:20000 (TCP) saw: a TCP connection that no process accepts.');
    expect((await look(listening(PORT, 0))).result).toMatchObject({ healthy: true, acceptance: 'seen' });
  });

  it('is not well where a proxy of the engine made the connection, and nothing listens', async () => {
    expect((await look(listening(PORT + 1, 0))).result.healthy).toBe(false);
  });

  it('is perhaps well where its sockets cannot be read', async () => {
    expect((await look(undefined)).result).toMatchObject({ healthy: true, acceptance: 'unseen' });
  });

  it('is looked into until a process was seen to accept, and again after its port was closed', async () => {
    const seen: ProbeResult = { healthy: true, seen: 'TCP connection', acceptance: 'seen' };
    expect(await look(listening(PORT, 1), seen)).toMatchObject({ looks: 0, result: seen });
    expect((await look(listening(PORT, 1), { ...seen, healthy: false })).looks).toBe(1);
    expect((await look(listening(PORT, 1), undefined, { health: { path: '/' } })).looks).toBe(0);
  });
});

describe('whether an instance is well', () => {
  it('is asked as health of config.json says', async () => {
    const asked = { path: '/up', headers: { Host: 'a' }, scheme: 'https', statuses: [204] };
    const { targets, commands } = await checking({ health: asked });
    expect(targets).toEqual([{ host: '10.0.0.1', port: 20_000, ...asked }]);
    expect(commands).toEqual([]);
  });

  it('is a connection where config.json says nothing, or only how long it may take', async () => {
    const timed = await checking({ health: { startupMs: 20_000, timeoutMs: 700 } });
    expect([timed.targets, timed.timeouts]).toEqual([[{ host: '10.0.0.1', port: 20_000 }], [700]]);
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
