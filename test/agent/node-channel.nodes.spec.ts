import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { SshPool, type SshTarget } from '#libs/ssh';
import { sshTargetOf, testNodes, uniqueName, until } from '#libs/testing';
import { openNodeChannel } from '../../apps/agent/src/watch/adapters/node-channel.js';
import { sshShell } from '../../apps/agent/src/watch/adapters/ssh-shell.js';
import { type ContainerFigures, figuresBetween } from '../../apps/agent/src/watch/domain/figures.js';
import type { Look } from '../../apps/agent/src/watch/domain/look.js';
import type { NodeChannel, WatchedContainer } from '../../apps/agent/src/watch/ports.js';
import { BASE_IMAGES } from '../../scripts/one-machine/base-images.js';
import { inWhole } from '../short-form.js';

/** Left out of the short form: what the recorded looks of sampling-loop.int have, without the load. */
const whole = inWhole('nodes');

const MIB = 1024 ** 2;
const LABEL = `slipway.test=${uniqueName('agent')}`;
const ssh = new SshPool();
const WAIT = { timeoutMs: 40_000 };

let target: SshTarget;
let dataRoot: string;
let channel: NodeChannel;

beforeAll(async () => {
  const [node] = await testNodes();
  target = sshTargetOf(node);
  dataRoot = await docker('info', '--format', '{{.DockerRootDir}}');
  channel = await openNodeChannel(sshShell(ssh, target), { dataRoot, timeoutMs: 20_000 });
});
afterEach(async () => {
  const ids = await docker('ps', '-aq', '--filter', `label=${LABEL}`);
  if (ids !== '') await docker('rm', '-f', ...ids.split('\n'));
});
afterAll(async () => {
  channel.close();
  await ssh.close();
});

/** As somebody types it on the node. */
async function docker(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ssh.exec(target, ['docker', ...args], { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

async function run(options: readonly string[], command: readonly string[]): Promise<WatchedContainer> {
  const id = await docker('run', '-d', '--label', LABEL, ...options, BASE_IMAGES.python, ...command);
  return { id, pid: await pidOf(id) };
}

async function pidOf(id: string): Promise<number> {
  return Number(await docker('inspect', '--format', '{{.State.Pid}}', id));
}

const look = (isSlow = false): Promise<Look> => channel.look({ isSlow, timeoutMs: 20_000 });

/** Over windows of at least two seconds, until they are as they should be. */
async function untilFigures(
  what: string,
  { id }: WatchedContainer,
  areRight: (figures: ContainerFigures) => boolean,
): Promise<ContainerFigures> {
  let earlier = await look();
  return until(
    what,
    async () => {
      const later = await look();
      if (later.uptimeMs - earlier.uptimeMs < 2_000) return undefined;
      const found = figuresBetween(earlier, later)?.containers.get(id);
      earlier = later;
      return found && areRight(found) ? found : undefined;
    },
    WAIT,
  );
}

describe('a channel to a node', () => {
  whole.it('sees a share of a CPU that is held back by its limit', async () => {
    const burning = await run(['--cpus', '.3'], ['sh', '-c', 'while :; do :; done']);
    channel.watch([burning]);
    const { periods } = await untilFigures(
      'three tenths of a core',
      burning,
      ({ coresUsed }) => Math.abs(coresUsed - 0.3) < 0.03,
    );
    // Periods of a tenth of a second, in each of which it would have gone on. On a busy machine it gets its share late.
    expect(periods?.all).toBeGreaterThan(15);
    expect(periods?.throttled).toBeGreaterThan(5);
    expect(periods?.throttledSeconds).toBeGreaterThan(0.1);
  });

  it('finds a burst of a tenth of a second, which a second shows as a tenth of a core', async () => {
    const script =
      'import time\nwhile True:\n t = time.time() + .2\n while time.time() < t: pass\n time.sleep(1.8)';
    const bursting = await run([], ['python3', '-c', script]);
    channel.watch([{ ...bursting, peaks: true }]);
    const first = await look();
    let peak = 0;
    const used = await until(
      'a burst',
      async () => {
        const now = await look();
        // Each look says the most since the look before.
        peak = Math.max(peak, now.containers.get(bursting.id)?.cpuPeak ?? 0);
        const figures = figuresBetween(first, now);
        return figures && figures.windowMs > 4_000 && peak > 0.3
          ? figures.containers.get(bursting.id)?.coresUsed
          : undefined;
      },
      WAIT,
    );
    console.info(`a peak of ${peak} cores, ${used.toFixed(3)} on average`);
    expect(peak).toBeGreaterThan(2 * used);
    expect(peak).toBeLessThan(1.3);
  });

  whole.it('sees memory that is taken', async () => {
    const script = 'import time; taken = bytearray(b"x") * (40 << 20); time.sleep(600)';
    const taking = await run([], ['python3', '-c', script]);
    channel.watch([taking]);
    await until(
      'the memory to be taken',
      async () => {
        const bytes = (await look()).containers.get(taking.id)?.memoryBytes ?? 0;
        return bytes > 40 * MIB && bytes < 60 * MIB;
      },
      WAIT,
    );
  });

  it('counts processes that are killed for want of memory, while the first one lives', async () => {
    const script = 'while :; do python3 -c "bytearray(b\'x\') * (100 << 20)"; sleep 1; done';
    const starving = await run(['--memory', '32m', '--memory-swap', '32m'], ['sh', '-c', script]);
    channel.watch([starving]);
    await untilFigures('a killed process', starving, ({ oomKills = 0 }) => oomKills > 0);
  });

  it('reads the limits that the engine has changed', async () => {
    const limited = await run(['--cpus', '.25', '--memory', '64m'], ['sleep', '600']);
    channel.watch([limited]);
    const details = async () => (await look(true)).details?.get(limited.id);
    const { cpuset, ...before } = (await details())?.limits ?? {};
    expect(before).toEqual({ cpus: 0.25, memoryBytes: 64 * MIB });
    expect(cpuset).toMatch(/^0/);
    const changes = ['--cpus', '.5', '--memory', '96m', '--memory-swap', '96m', '--cpuset-cpus', '0'];
    await docker('update', ...changes, limited.id);
    const after = await details();
    expect(after?.limits).toEqual({ cpus: 0.5, memoryBytes: 96 * MIB, cpuset: '0' });
    expect(after?.processes).toBe(1);
    expect(after?.network?.size).toBe(1);
    const unlimited = await run([], ['sleep', '600']);
    channel.watch([unlimited]);
    const { limits } = (await look(true)).details?.get(unlimited.id) ?? {};
    expect(Object.keys(limits ?? {})).toEqual(['cpuset']);
  });

  it('sees room on the disk of the engine, and the clock', async () => {
    const before = Date.now();
    const { disk, wallClockMs = 0 } = await look(true);
    expect(disk?.freeBytes).toBeGreaterThan(0);
    expect(disk?.totalBytes).toBeGreaterThan(disk?.freeBytes ?? Infinity);
    expect(wallClockMs).toBeGreaterThanOrEqual(before - 1);
    expect(wallClockMs).toBeLessThanOrEqual(Date.now() + 1);
    const { threads, cores, sockets } = await channel.topology({ timeoutMs: 20_000 });
    expect(threads).toBeGreaterThanOrEqual(cores);
    expect(cores).toBeGreaterThanOrEqual(sockets);
  });

  it('finds the port that the engine listens on for a container, until that is gone', async () => {
    const range = { firstPort: 20_900, lastPort: 20_909 };
    const listening = () => channel.listening(range, { timeoutMs: 20_000 });
    expect(await listening()).toEqual([]);
    const published = await run(['--publish', '20907:80'], ['sleep', '600']);
    expect(await listening()).toEqual([20_907]);
    await docker('rm', '-f', published.id);
    expect(await listening()).toEqual([]);
  });

  it('gives no figures over a restart, though the counters of the new start are higher', async () => {
    const idle = await run([], ['sleep', '600']);
    channel.watch([idle]);
    const before = await look();
    expect(before.containers.get(idle.id)?.cpuSeconds).toBeGreaterThan(0);
    await docker('restart', '-t', '0', idle.id);
    // Nobody has said yet that it has another process now.
    const between = await look();
    expect(between.containers.has(idle.id)).toBe(false);
    channel.watch([{ id: idle.id, pid: await pidOf(idle.id) }]);
    const after = await look();
    expect(after.containers.has(idle.id)).toBe(true);
    expect(figuresBetween(before, after)?.containers.size).toBe(0);
  });

  it('leaves nothing on the node when its connection goes', async () => {
    const own = new SshPool();
    const other = await openNodeChannel(sshShell(own, target), { dataRoot, timeoutMs: 20_000 });
    const loops = async (): Promise<number> => {
      const argv = ['sh', '-c', 'grep -ls "slipway-watc[h]" /proc/[0-9]*/cmdline'];
      const { stdout } = await ssh.exec(target, argv, { timeoutMs: 20_000 });
      return stdout.split('\n').filter((line) => line !== '').length;
    };
    await other.look({ isSlow: false, timeoutMs: 20_000 });
    expect(await loops()).toBe(2);
    await own.close();
    await other.closed;
    await until('the loop to end', async () => (await loops()) === 1, WAIT);
  });
});
