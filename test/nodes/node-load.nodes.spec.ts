import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectEngine } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { sshTargetOf, until } from '#libs/testing';
import type { RunningNode } from '../../scripts/one-machine/nodes.js';
import {
  accountedSeconds,
  availableMiB,
  busySeconds,
  figureOf,
  processesOn,
  readOn,
  SIZE,
  SmallNodes,
} from './small-nodes.js';
import { inWhole } from '../short-form.js';

/** Left out of the short form: further figures, each for seconds of full load that the other tests pay. */
const whole = inWhole('nodes');

const PATIENT = { timeoutMs: 40_000 };
/** Of a processor, by /proc/stat in ticks of 10 ms. */
const TOLERANCE_SECONDS = 0.1;
/** What an engine that has nothing to do takes meanwhile, on a slow machine too. */
const IDLE_SECONDS = 0.5;
/** What an engine that has nothing to do may take or give back meanwhile. */
const IDLE_MIB = 32;
/** A Perl program that takes these seconds of a processor, however long that lasts. */
const burn = (seconds: number): string =>
  `sub taken { my @t = times; $t[0] + $t[1] } 1 while taken() < ${seconds};`;
/** In four processes. */
const BURN_2_SECONDS = `fork; fork; ${burn(0.5)} 1 while wait > 0`;

let set: SmallNodes;
let loaded: RunningNode;
let others: readonly RunningNode[];
const ssh = new SshPool();

beforeAll(async () => {
  set = await SmallNodes.start();
  const [first, ...rest] = set.nodes;
  if (first === undefined) throw new Error('there is no node');
  [loaded, others] = [first, rest];
});
afterAll(async () => {
  await ssh.close();
  await set.stop();
});

const onNode = async (node: RunningNode, ...argv: readonly string[]): Promise<string> =>
  (await ssh.exec(sshTargetOf(node.entry), argv, { timeoutMs: 30_000 })).stdout.trim();

async function each<T>(read: (host: RunningNode['engine']) => T | Promise<T>): Promise<readonly T[]> {
  return Promise.all([loaded, ...others].map(({ engine }) => read(engine)));
}

/** How much a figure of each node grows while the first one is loaded: of the first, and of the others. */
async function growth(
  read: (host: RunningNode['engine']) => number | Promise<number>,
  load: () => Promise<unknown>,
): Promise<{ readonly own: number; readonly others: readonly number[] }> {
  const before = await each(read);
  await load();
  const [own = NaN, ...others] = (await each(read)).map((after, n) => after - (before[n] ?? NaN));
  return { own, others };
}

it('a node says the same size in its engine, in /proc and over SSH', async () => {
  const engine = connectEngine({ socketPath: loaded.engine.socketPath });
  const { cpus, memoryBytes } = await engine.info().finally(() => engine.close());
  expect({ cpus, memoryMiB: memoryBytes / 1024 ** 2 }).toEqual(SIZE);
  expect(await figureOf(loaded.engine, '/proc/meminfo', 'MemTotal:')).toBe(SIZE.memoryMiB * 1024);
  expect((await readOn(loaded.engine, '/proc/stat')).match(/^cpu\d/gm)).toHaveLength(SIZE.cpus);
  expect(await onNode(loaded, 'nproc')).toBe(String(SIZE.cpus));
});

it('sshd, engine and what they start are in the group of the node', async () => {
  const processes = processesOn(loaded.engine);
  expect(processes.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['dockerd', 'containerd', 'sshd']),
  );
  const group = loaded.engine.group.joins[0]?.split('/').find((part) => part.endsWith('node-1'));
  for (const { name, groups } of processes) expect(groups, name).toContain(`/${group}`);
  expect(await onNode(loaded, 'cat', '/proc/self/cgroup')).toContain(`/${group}`);
});

it('a container that takes 2 s of a processor is seen in /proc/stat of its node alone', async () => {
  let seen = { own: NaN, others: [NaN] as readonly number[] };
  const counted = await growth(accountedSeconds, async () => {
    seen = await growth(busySeconds, () => set.run(loaded.engine, BURN_2_SECONDS));
  });
  for (const { own, others: quiet } of [counted, seen]) {
    expect(own).toBeGreaterThanOrEqual(2 - TOLERANCE_SECONDS);
    for (const other of quiet) expect(other).toBeLessThan(IDLE_SECONDS);
  }
  // The kernel's count begins a little earlier and ends a little later. What a node shows goes by ticks, the count does not.
  expect(seen.own).toBeLessThan(counted.own + IDLE_SECONDS);
  expect(seen.own).toBeGreaterThan(counted.own - IDLE_SECONDS);
});

it('a process over SSH that takes 1 s of a processor is seen on its node alone', async () => {
  const { own, others: quiet } = await growth(busySeconds, () => onNode(loaded, 'perl', '-e', burn(1)));
  expect(own).toBeGreaterThanOrEqual(1 - TOLERANCE_SECONDS);
  for (const other of quiet) expect(other).toBeLessThan(IDLE_SECONDS);
});

whole.it('four busy processes have no more than the one processor of their node', async () => {
  const started = performance.now();
  const before = accountedSeconds(loaded.engine);
  await set.run(loaded.engine, BURN_2_SECONDS);
  const taken = accountedSeconds(loaded.engine) - before;
  expect(taken).toBeLessThanOrEqual((performance.now() - started) / 1000 + TOLERANCE_SECONDS);
  const allowed = await onNode(loaded, 'grep', 'Cpus_allowed_list', '/proc/self/status');
  expect(allowed).toMatch(/:\s*\d+$/);
});

whole.it('where processes wait for a processor, the pressure of their node says so', async () => {
  const { own, others: quiet } = await growth(
    (host) => figureOf(host, '/proc/pressure/cpu', 'some.*total='),
    () => set.run(loaded.engine, BURN_2_SECONDS),
  );
  expect(own).toBeGreaterThan(1_000_000);
  for (const other of quiet) expect(other).toBeLessThan(own / 2);
});

whole.it('128 MiB that a container takes are missing in MemAvailable of its node alone', async () => {
  let id = '';
  const { own, others: quiet } = await growth(availableMiB, async () => {
    id = await set.start(loaded.engine, '$n = 128 << 20; $x = "a" x $n; $| = 1; print "taken\\n"; sleep 600');
    await until(
      'the memory to be taken',
      async () => (await set.logs(loaded.engine, id)) === 'taken\n',
      PATIENT,
    );
  });
  await set.remove(loaded.engine, id);
  expect(own).toBeLessThanOrEqual(-128 + IDLE_MIB);
  expect(own).toBeGreaterThan(-2 * 128 - IDLE_MIB);
  for (const other of quiet) expect(Math.abs(other)).toBeLessThan(IDLE_MIB);
});

it('a container that wants more memory than its node has is killed, and the node lives on', async () => {
  const hog = `$n = ${2 * SIZE.memoryMiB} << 20; $x = "a" x $n; sleep 600`;
  expect(await set.run(loaded.engine, hog)).toBe(137);
  expect(await set.run(loaded.engine, 'exit 3')).toBe(3);
  expect(await onNode(loaded, 'hostname')).toContain('node-1');
});

it('containers have the /proc that their engine gives them', async () => {
  const id = await set.start(
    loaded.engine,
    'open(F, "/proc/mounts"); print grep /lxcfs|pressure/, <F>; print "end"',
  );
  await until('its output', async () => (await set.logs(loaded.engine, id)).endsWith('end'), PATIENT);
  expect(await set.logs(loaded.engine, id)).toBe('end');
  expect(await readOn(loaded.engine, '/proc/mounts')).toContain('lxcfs');
});
