import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EffectOf } from '../task/domain/task.effects.js';
import { releaseWith, running } from '../task/domain/task.testing.js';
import type { ContainerRun, NodeEngines } from './ports.js';
import { probeUntilHealthy, waitAfter } from './probe-until-healthy.js';

describe('the wait between two probes', () => {
  it('is short while a service may be up at any moment', () => {
    expect(waitAfter(0)).toBe(8);
    expect(waitAfter(40)).toBe(8);
  });

  it('lets no service that became healthy wait for more than a tenth of its own start', () => {
    expect(waitAfter(300)).toBe(30);
    expect(waitAfter(2_000)).toBe(200);
  });

  it('is half a second at most', () => {
    expect(waitAfter(60_000)).toBe(500);
  });
});

const release = releaseWith('new', 1, { health: { path: '/', startupMs: 3_000 } });
const { address } = running('web-0', release);
const effect: EffectOf<'probe-instance'> = {
  ...{ kind: 'probe-instance', ordinal: 0, release },
  node: { name: 'node-1', address: '10.0.0.1', port: 20_000, score: 50 },
  slot: {
    ...{ ordinal: 0, accessToken: 't:web:0', pulled: true, healthy: false, name: 'web-0', address },
    node: { name: 'node-1', address: '10.0.0.1', port: 20_000, score: 50 },
  },
};

/** The same effect of a release that may take so long to start. */
function startingIn(startupMs: number): typeof effect {
  return { ...effect, release: releaseWith('new', 1, { health: { path: '/', startupMs } }) };
}

/** 0.0.0.0:3000 in /proc/net/tcp. */
const ELSEWHERE = '  0: 00000000:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000 10001';

interface World {
  /** What the engine says of the container, look by look; the last for ever. */
  readonly runs: readonly (ContainerRun | undefined)[];
  /** What its watches come to, one after another; further ones are open until they are called off. */
  readonly exits?: readonly (number | Error | Promise<number>)[];
  readonly healthy?: boolean;
  /** Of /proc/net/tcp. */
  readonly sockets?: string;
  readonly startupMs?: number;
  readonly stableMs?: number;
}

/** Waits by the timers of the tests, which pass at once. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new Error('called off'));
    });
  });
}

/** Probes in this world; `open` counts the watches that are open. */
function probing({ runs, exits = [], healthy = false, sockets, startupMs, stableMs = 0 }: World) {
  let [looks, watches] = [0, 0];
  const open = new Set<object>();
  const engines: Partial<NodeEngines> = {
    inspect: () => Promise.resolve(runs[Math.min((looks += 1), runs.length) - 1]),
    firstExit: async (_node, _container, signal) => {
      const exit = exits[(watches += 1) - 1];
      if (exit instanceof Error) throw exit;
      if (exit !== undefined) return exit;
      const watch = {};
      open.add(watch);
      return new Promise<number>((_, reject) =>
        signal.addEventListener('abort', () => {
          open.delete(watch);
          reject(new Error('called off'));
        }),
      );
    },
    logTail: () => Promise.resolve('its last words'),
    sockets: () => Promise.resolve(sockets),
  };
  const notes: string[] = [];
  const ports = {
    engines: engines as NodeEngines,
    prober: { probe: () => Promise.resolve({ healthy, seen: healthy ? '200' : 'connection refused' }) },
    wait,
    healthTimeoutMs: 400,
    stableMs,
    onNote: (note: string) => void notes.push(note),
  };
  return {
    open,
    notes,
    looks: () => looks,
    result: probeUntilHealthy(
      ports,
      startupMs === undefined ? effect : startingIn(startupMs),
      new AbortController().signal,
    ),
  };
}

const up: ContainerRun = { running: true, exitCode: undefined, restartCount: 0 };
const restarted: ContainerRun = { ...up, restartCount: 1 };

describe('a probe', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    vi.setTimerTickMode('nextTimerAsync');
  });
  afterEach(() => vi.useRealTimers());

  it('of a container that ends says its exit code, though its engine starts it again', async () => {
    const { result } = probing({ runs: [restarted], exits: [3] });
    await expect(result).rejects.toMatchObject({
      code: 'CONTAINER_EXITED',
      message: expect.stringContaining(
        'exited with code 3, restarted 1 times. Probe http://10.0.0.1:20000/',
      ) as string,
      logTail: 'its last words',
    });
  });

  it('of one that had ended before it was watched says what the engine still knows', async () => {
    const { result, open } = probing({ runs: [{ running: false, exitCode: 7, restartCount: 1 }] });
    await expect(result).rejects.toMatchObject({ message: expect.stringContaining('code 7') as string });
    expect(open.size).toBe(0);
  });

  it('of one that was started again before it was watched says the code that its engine remembers', async () => {
    const { result } = probing({ runs: [restarted], exits: [9] });
    await expect(result).rejects.toMatchObject({ message: expect.stringContaining('code 9') as string });
  });

  it('of one that was started again said that its code is unknown, though a busy engine told it a moment later', async () => {
    const late = new Promise<number>((resolve) => setTimeout(() => resolve(3), 1_500));
    const { result } = probing({ runs: [restarted], exits: [late] });
    await expect(result).rejects.toMatchObject({ message: expect.stringContaining('code 3') as string });
  });

  it('of one that was started again, and whose end its engine has forgotten, waits for no other for long', async () => {
    const { result, open } = probing({ runs: [restarted] });
    await expect(result).rejects.toMatchObject({
      message: expect.stringContaining('code unknown') as string,
    });
    expect(open.size).toBe(0);
  });

  it('of one that is gone says so', async () => {
    await expect(probing({ runs: [undefined] }).result).rejects.toMatchObject({
      code: 'CONTAINER_EXITED',
      message: expect.stringContaining('is gone') as string,
    });
  });

  it('of one that is removed while it is watched says that it is gone', async () => {
    const gone = Object.assign(new Error('gone'), { code: 'CONTAINER_NOT_FOUND' });
    await expect(probing({ runs: [undefined], exits: [gone] }).result).rejects.toMatchObject({
      code: 'CONTAINER_EXITED',
      message: expect.stringContaining('is gone') as string,
    });
  });

  it('watches on when the connection to the engine was cut', async () => {
    const cut = Object.assign(new Error('cut'), { code: 'ENGINE_UNREACHABLE' });
    const { result } = probing({ runs: [up], exits: [cut, cut, 5] });
    await expect(result).rejects.toMatchObject({ message: expect.stringContaining('code 5') as string });
  });

  it('of a healthy one leaves no call to the engine open', async () => {
    const { result, open } = probing({ runs: [up], healthy: true });
    await result;
    expect(open.size).toBe(0);
  });

  it('of one that is soon healthy asks the engine nothing', async () => {
    const { result, looks } = probing({ runs: [up], healthy: true });
    await result;
    expect(looks()).toBe(0);
  });

  it('of one that runs and never answers well ends in time and leaves no call open', async () => {
    const begun = performance.now();
    const { result, open } = probing({ runs: [up] });
    await expect(result).rejects.toMatchObject({ code: 'HEALTH_TIMEOUT' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(3_000);
    expect(performance.now() - begun).toBeLessThan(3_000 + waitAfter(3_000));
    expect(open.size).toBe(0);
  });

  it('a first instance that answered well and then crashed was told as running: it has a stability window', async () => {
    const crash = new Promise<number>((resolve) => setTimeout(() => resolve(1), 700));
    const { result } = probing({ runs: [restarted], exits: [crash], healthy: true, stableMs: 1_000 });
    await expect(result).rejects.toMatchObject({
      code: 'CONTAINER_EXITED',
      message: expect.stringContaining('exited with code 1, restarted 1 times') as string,
    });
  });

  it('of one that was started again within its window fails, though nobody told its end', async () => {
    const { result, open } = probing({ runs: [restarted], healthy: true, stableMs: 400 });
    await expect(result).rejects.toMatchObject({ code: 'CONTAINER_EXITED' });
    expect(open.size).toBe(0);
  });

  it('of one that stays well ends with its window', async () => {
    const begun = performance.now();
    const { result, open } = probing({ runs: [up], healthy: true, stableMs: 1_000 });
    await result;
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1_000);
    expect(performance.now() - begun).toBeLessThan(1_100);
    expect(open.size).toBe(0);
  });

  it('29: a wait of a minute said nothing of what was wrong: after ten seconds it says so once, and goes on', async () => {
    const { result, notes } = probing({ runs: [up], sockets: ELSEWHERE, startupMs: 45_000 });
    await expect(result).rejects.toMatchObject({
      code: 'HEALTH_TIMEOUT',
      message: expect.stringMatching(
        /^web-0 listens on port 3000, not on 8080.*It was not healthy within 45000 ms/,
      ) as string,
      hint: expect.stringContaining('Set port in config.json to 3000') as string,
    });
    expect(notes).toEqual([expect.stringMatching(/^web-0 listens on port 3000, not on 8080/)]);
  });

  it('of one that ran out of memory says so first, and what it saw after it', async () => {
    const { result } = probing({ runs: [{ ...restarted, outOfMemory: true }], exits: [137] });
    await expect(result).rejects.toMatchObject({
      code: 'CONTAINER_EXITED',
      message: expect.stringMatching(
        /^web-0 ran out of memory: .* exited with code 137, restarted 1 times/,
      ) as string,
    });
  });
});
