import { describe, expect, it } from 'vitest';
import { parse, problemsOf } from './service-config.testing.js';

describe('what a service may be', () => {
  it('case 21: a worker without a port was refused', () => {
    expect(parse({ runtime: 'node', command: 'node worker.js' }).port).toBeUndefined();
    expect(parse({ command: 'python3 worker.py' }).port).toBeUndefined();
    expect(parse({ runtime: 'node', health: { stableMs: 5_000 } }).health?.stableMs).toBe(5_000);
    expect(problemsOf({ runtime: 'node', health: { path: '/' } })).toEqual([
      {
        field: 'health.path',
        expected: 'expected no such field: without port nobody can ask it; command can',
      },
    ]);
  });

  it('a service that is asked by TCP could not be given more time: health.startupMs without path was refused', () => {
    const health = { startupMs: 20_000, timeoutMs: 500, stableMs: 5_000 };
    expect(parse({ runtime: 'node', port: 1, health }).health).toEqual(health);
    expect(problemsOf({ runtime: 'node', port: 1, health: { headers: { Host: 'a' } } })).toEqual([
      {
        field: 'health.headers',
        expected: 'expected path beside it, such as /health: it is of no use without',
      },
    ]);
  });

  it('case 20: says how the container is made', () => {
    const made = {
      user: '1000:app',
      workdir: '/srv/app',
      tmpfs: ['/run/app', '/var/.cache'],
      readOnly: true,
    };
    expect(
      parse({ runtime: 'dockerfile', port: 1, init: false, observe: { cpuPeaks: true }, ...made }),
    ).toMatchObject({
      ...made,
      init: false,
      observe: { cpuPeaks: true },
    });
  });

  it.each<readonly [string, object]>([
    ['user', { user: 'a b' }],
    ['user', { user: '0:' }],
    ['workdir', { workdir: 'app' }],
    ['workdir', { workdir: '/a/../b' }],
    ['tmpfs.0', { tmpfs: ['/'] }],
    ['tmpfs.0', { tmpfs: ['/proc/x'] }],
    ['tmpfs.0', { tmpfs: ['/a,exec'] }],
    ['tmpfs', { tmpfs: ['/a', '/a'] }],
    ['readOnly', { readOnly: 'yes' }],
  ])('a container cannot be made so: %s is named', (field, part) => {
    expect(problemsOf({ runtime: 'node', port: 1, ...part }).map((problem) => problem.field)).toEqual([
      field,
    ]);
  });

  it('has volumes, each with a name and a path of its own, and then one instance', () => {
    const volumes = [{ name: 'data', path: '/app/data' }];
    expect(parse({ runtime: 'node', port: 1, volumes }).volumes).toEqual(volumes);
    const fields = (part: object) =>
      problemsOf({ runtime: 'node', port: 1, volumes, ...part }).map(({ field }) => field);
    expect(fields({ replicas: 2 })).toEqual(['replicas']);
    expect(fields({ tmpfs: ['/app/data'] })).toEqual(['tmpfs']);
    expect(fields({ runtime: 'static' })).toEqual(['volumes']);
    expect(fields({ volumes: [...volumes, { name: 'data', path: '/b' }] })).toEqual(['volumes']);
    expect(fields({ volumes: [...volumes, { name: 'b', path: '/app/data' }] })).toEqual(['volumes']);
    expect(fields({ volumes: [{ name: '../x', path: '/b' }] })).toEqual(['volumes.0.name']);
    expect(fields({ volumes: [{ name: 'x', path: '/proc/1' }] })).toEqual(['volumes.0.path']);
  });

  it('has rules of placement, each once, that do not contradict each other', () => {
    const placement = { constraints: ['disk=ssd', 'zone!=eu-1'], affinity: ['db'], antiAffinity: ['batch'] };
    expect(parse({ runtime: 'node', port: 1, placement }).placement).toEqual(placement);
    const fields = (part: object) =>
      problemsOf({ runtime: 'node', port: 1, placement: part }).map(({ field }) => field);
    expect(fields({ constraints: ['disk'] })).toEqual(['placement.constraints.0']);
    expect(fields({ constraints: ['disk==ssd'] })).toEqual(['placement.constraints.0']);
    expect(fields({ constraints: ['=ssd'] })).toEqual(['placement.constraints.0']);
    expect(fields({ constraints: ['a=b', 'a=b'] })).toEqual(['placement.constraints']);
    expect(fields({ affinity: ['db'], antiAffinity: ['db'] })).toEqual(['placement.antiAffinity']);
    expect(fields({ affinity: ['../db'] })).toEqual(['placement.affinity.0']);
    expect(fields({ near: ['db'] })).toEqual(['placement.near']);
  });

  it('case 22: health says with which name, how and for what it is asked', () => {
    const health = {
      path: '/up',
      headers: { Host: 'shop.example' },
      scheme: 'https',
      statuses: [200, 204],
      command: 'pg_isready -q',
    };
    expect(parse({ runtime: 'node', port: 1, health }).health).toMatchObject({
      ...health,
      command: ['pg_isready', '-q'],
    });
    expect(problemsOf({ runtime: 'node', port: 1, health: { command: 'a' } })).toEqual([]);
    expect(problemsOf({ runtime: 'node', health: { command: 'a' } })).toEqual([]);
  });

  it.each<readonly [string, object, string]>([
    ['health.headers', { port: 1, health: { command: 'a', headers: { Host: 'hunter2' } } }, 'path beside it'],
    ['health.statuses', { port: 1, health: { command: 'a', statuses: [200] } }, 'path beside it'],
    ['health.scheme', { health: { command: 'a', scheme: 'https' } }, 'without port nobody can ask it'],
    ['health.statuses.0', { port: 1, health: { path: '/', statuses: [100] } }, 'at least 200'],
    [
      'health.headers.Connection',
      { port: 1, health: { path: '/', headers: { Connection: 'hunter2' } } },
      'does not set',
    ],
    [
      'health.headers.Host',
      { port: 1, health: { path: '/', headers: { Host: 'a\r\nhunter2: b' } } },
      'one line',
    ],
  ])('health: %s that is of no use or breaks the request is refused', (field, config, expected) => {
    const problems = problemsOf({ runtime: 'node', ...config });
    expect(problems).toEqual([{ field, expected: expect.stringContaining(expected) as string }]);
    expect(JSON.stringify(problems)).not.toContain('hunter2');
  });
});
