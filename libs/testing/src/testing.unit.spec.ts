import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { byShare, requireEnv, sshTargetOf, testNodes, uniqueName, until } from './index.js';

afterEach(() => vi.unstubAllEnvs());

describe('until', () => {
  it('gives the first value that holds', async () => {
    const values = [undefined, null, false, 0];
    expect(await until('a value', () => values.shift())).toBe(0);
  });

  it('a command was asked without a pause, and took a whole core: it is asked half of the time', async () => {
    const begun = performance.now();
    let asked = 0;
    await until('the third answer', () => {
      for (const end = performance.now() + 15; performance.now() < end;);
      return (asked += 1) === 3;
    });
    expect(performance.now() - begun).toBeGreaterThan(5 * 14);
  });

  it('says what it waited for, and for how long', async () => {
    await expect(until('the moon', () => false, { timeoutMs: 20 })).rejects.toThrow(
      'waited 20 ms for the moon',
    );
  });
});

describe('requireEnv', () => {
  it('names the variable that is missing or empty', () => {
    vi.stubEnv('SLIPWAY_SPEC_VALUE', '');
    expect(() => requireEnv('SLIPWAY_SPEC_VALUE')).toThrow('SLIPWAY_SPEC_VALUE is not set');
  });
});

describe('uniqueName', () => {
  it('never gives the same name twice', () => {
    expect(new Set(Array.from({ length: 1000 }, () => uniqueName('t'))).size).toBe(1000);
    expect(uniqueName('topic')).toMatch(/^topic-[0-9a-f]{12}$/);
  });
});

describe('testNodes', () => {
  it('reads the nodes of the file, and refuses one without nodes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nodes-'));
    const file = join(folder, 'nodes.json');
    vi.stubEnv('SLIPWAY_NODES_FILE', file);
    await writeFile(file, JSON.stringify([{ name: 'n1' }, { name: 'n2' }]));
    expect((await testNodes()).map((node) => node.name)).toEqual(['n1', 'n2']);
    await writeFile(file, '[]');
    await expect(testNodes()).rejects.toThrow('names no node');
    await rm(folder, { recursive: true });
  });
});

describe('sshTargetOf', () => {
  it('is where the node is, with the private key of its file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'key-'));
    const privateKeyFile = join(folder, 'key');
    await writeFile(privateKeyFile, 'a private key');
    const node = { name: 'n1', address: '10.0.0.1', sshPort: 2_222, sshUser: 'deploy', privateKeyFile };
    expect(sshTargetOf({ ...node, hostKeyFingerprint: 'SHA256:x' })).toEqual({
      ...{ host: '10.0.0.1', port: 2_222, user: 'deploy', hostKeyFingerprint: 'SHA256:x' },
      login: { privateKey: 'a private key' },
    });
    await rm(folder, { recursive: true });
  });
});

describe('byShare', () => {
  const shares = [
    ['half', 0.5],
    ['a little', 0.2],
    ['rest', 0.3],
  ] as const;

  it('picks each for its share of the chances', () => {
    const picked = [0, 0.49, 0.5, 0.69, 0.71, 0.999].map((chance) => byShare(shares, chance));
    expect(picked).toEqual(['half', 'half', 'a little', 'a little', 'rest', 'rest']);
  });

  it('refuses to pick from nothing', () => {
    expect(() => byShare([], 0.5)).toThrow(RangeError);
  });
});
