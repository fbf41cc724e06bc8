import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { SshPool, SshTarget } from '#libs/ssh';
import { openNodeChannel } from '../../../apps/agent/src/watch/adapters/node-channel.js';
import { lastWords } from '../../../apps/agent/src/watch/adapters/node-shell.js';
import { sshShell } from '../../../apps/agent/src/watch/adapters/ssh-shell.js';
import { figuresBetween } from '../../../apps/agent/src/watch/domain/figures.js';
import type { Look } from '../../../apps/agent/src/watch/domain/look.js';
import type { WatchedContainer } from '../../../apps/agent/src/watch/ports.js';
import type { EngineHost } from '../../one-machine/engine-host.js';
import { processes, sessionOf, treeOf } from './process-cpu.js';

const run = promisify(execFile);
const SLOW_EACH = 10;
const TIMEOUT_MS = 20_000;
/** Containers that are made side by side. */
const AT_ONCE = 3;

/** Of one second of watching. */
export interface Cost {
  readonly nodeMs: number;
  /** Of this process, which is the agent here. */
  readonly agentMs?: number;
  readonly kib?: number;
}

/** One node, and what it takes to watch it. */
export interface Scene {
  readonly ssh: SshPool;
  readonly target: SshTarget;
  readonly host: EngineHost;
  readonly containers: readonly WatchedContainer[];
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/**
 * The agent's way: a look each second, a slow one each tenth, and the figures of two looks.
 * @param withPeaks of so many containers the CPU is read ten times a second
 */
export async function byLoop(scene: Scene, withPeaks = 0): Promise<Cost> {
  let bytes = 0;
  const open = sshShell(scene.ssh, scene.target);
  const channel = await openNodeChannel(
    async (argv) => {
      const shell = await open(argv);
      shell.stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
      return shell;
    },
    { dataRoot: '/', timeoutMs: TIMEOUT_MS },
  );
  try {
    channel.watch(scene.containers.map((one, index) => ({ ...one, peaks: index < withPeaks })));
    let earlier: Look = await channel.look({ isSlow: true, timeoutMs: TIMEOUT_MS });
    if (earlier.containers.size !== scene.containers.length)
      throw new Error(`${earlier.containers.size} of ${scene.containers.length} containers are read.`);
    const loop = loopProcess(scene);
    const cost = await costOf(
      scene,
      () => {
        const session = sessionOf(loop, processes());
        return session.reduce(
          (ms, { ownMs, childrenMs, pid }) => ms + ownMs + (pid === loop ? childrenMs : 0),
          0,
        );
      },
      async (second) => {
        const later = await channel.look({ isSlow: second % SLOW_EACH === 0, timeoutMs: TIMEOUT_MS });
        figuresBetween(earlier, later);
        earlier = later;
        if (second === 0) bytes = 0;
      },
    );
    return { ...cost, kib: bytes / 1024 / (scene.seconds - 1) };
  } finally {
    channel.close();
    await channel.closed;
  }
}

function loopProcess({ host }: Scene): number {
  const loops = treeOf(host.pid() ?? 0, processes()).filter(
    ({ command }) => command.startsWith('sh -c ') && command.includes(' slipway-watch '),
  );
  const [loop] = loops;
  if (loop === undefined || loops.length > 1) throw new Error(`There are ${loops.length} loops on the node.`);
  return loop.pid;
}

/** The engine and its helpers while nobody watches: what it costs anyway. */
export function byNobody(scene: Scene): Promise<Cost> {
  return costOf(
    scene,
    () => engineMs(scene.host),
    () => Promise.resolve(),
  );
}

/** A stream of statistics for each container, which the engine sends once a second. */
export async function byStatsStream(scene: Scene): Promise<Cost> {
  let bytes = 0;
  const streams = await Promise.all(
    scene.containers.map(async ({ id }) => {
      const asked = request({ socketPath: scene.host.socketPath, path: `/containers/${id}/stats?stream=1` });
      asked.end();
      const [answer] = (await once(asked, 'response')) as [NodeJS.ReadableStream];
      answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
      return asked;
    }),
  );
  try {
    const { nodeMs } = await costOf(
      scene,
      () => engineMs(scene.host),
      (second) => {
        if (second === 0) bytes = 0;
        return Promise.resolve();
      },
    );
    return { nodeMs, kib: bytes / 1024 / scene.seconds };
  } finally {
    for (const stream of streams) stream.destroy();
  }
}

function engineMs(host: EngineHost): number {
  const own = treeOf(host.pid() ?? 0, processes());
  return own
    .filter(({ command }) => /(?:dockerd|containerd|containerd-shim-runc-v2) /.test(command))
    .reduce((ms, { ownMs }) => ms + ownMs, 0);
}

/** A program that serves metrics, asked once a second. */
export async function byExporter(
  scene: Scene,
  command: string,
  args: readonly string[],
  url: string,
): Promise<Cost> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const { hear, said } = lastWords();
  child.stderr.on('data', hear);
  try {
    await once(child, 'spawn');
    let bytes = 0;
    const scrape = async (): Promise<void> => {
      bytes += (await (await fetch(url)).text()).length;
    };
    while (
      !(await scrape().then(
        () => true,
        () => false,
      ))
    ) {
      scene.signal.throwIfAborted();
      if (child.exitCode !== null) throw new Error(`${command} ended: ${said()}`);
      await delay(100);
    }
    // It looks at everything once at its start.
    await delay(3_000);
    bytes = 0;
    const own = (): number => processes().find(({ pid }) => pid === child.pid)?.ownMs ?? 0;
    const { nodeMs } = await costOf(scene, own, scrape);
    return { nodeMs, kib: bytes / 1024 / scene.seconds };
  } finally {
    const ended = once(child, 'exit');
    child.kill();
    // The next one may take its port.
    if (child.exitCode === null) await ended;
  }
}

/** Does something each second for so many seconds; milliseconds of CPU a second. */
async function costOf(
  { seconds, signal }: Scene,
  spentMs: () => number,
  each: (second: number) => Promise<void>,
): Promise<{ readonly nodeMs: number; readonly agentMs: number }> {
  const agentBefore = process.cpuUsage();
  const before = spentMs();
  const begun = performance.now();
  for (let second = 0; second < seconds; second += 1) {
    await delay(Math.max(0, begun + second * 1_000 - performance.now()), undefined, { signal });
    await each(second);
  }
  await delay(Math.max(0, begun + seconds * 1_000 - performance.now()), undefined, { signal });
  const { user, system } = process.cpuUsage(agentBefore);
  return { nodeMs: (spentMs() - before) / seconds, agentMs: (user + system) / 1_000 / seconds };
}

/** Brings the node to so many containers that sleep, by the engine's own client. */
export async function moreSleepers(
  host: EngineHost,
  image: string,
  containers: readonly WatchedContainer[],
  count: number,
): Promise<readonly WatchedContainer[]> {
  const docker = async (...args: readonly string[]): Promise<string> =>
    (await run('/usr/bin/docker', ['-H', `unix://${host.socketPath}`, ...args])).stdout.trim();
  const made = [...containers];
  let left = count - made.length;
  const makeSome = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const id = await docker('run', '-d', '--cpus', '1', '--memory', '64m', image, 'sleep', '86400');
      made.push({ id, pid: Number(await docker('inspect', '--format', '{{.State.Pid}}', id)) });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, makeSome));
  return made;
}
