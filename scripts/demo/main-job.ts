import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeEntry } from '../one-machine/nodes.js';

const READY_MS = 60_000;
const STOP_GRACE_MS = 15_000;
const APP_ID = 'shop';

export interface MainJobOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly nodes: readonly NodeEntry[];
  readonly signal: AbortSignal;
}

export interface RunningPlatform {
  /** Resolves when the platform's process is gone. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Starts the platform, enrols the nodes, deploys the example and fetches each of its services. Throws if any fails. */
export async function runMainJob({ env, nodes, signal }: MainJobOptions): Promise<RunningPlatform> {
  const platform = startPlatform(env);
  try {
    await untilReady(platform, env, signal);
    for (const node of nodes) await enrol(env, node, signal);
    const urls = await deploy(env, signal);
    for (const url of urls) {
      const response = await fetch(url, { signal });
      console.log(
        `${url}: ${response.status} ${(await response.text()).slice(0, 120).replaceAll(/\s+/g, ' ')}`,
      );
      if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    }
    return platform;
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

function startPlatform(env: Readonly<Record<string, string>>): RunningPlatform {
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/apps/standalone/src/main.js'], {
    env: { ...process.env, ...env },
    stdio: 'inherit',
    detached: true,
  });
  let over = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  }).then(() => {
    over = true;
  });
  const stop = async (): Promise<void> => {
    if (over) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await ended;
    clearTimeout(kill);
  };
  return { ended, stop };
}

async function untilReady(
  platform: RunningPlatform,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  let gone = false;
  void platform.ended.then(() => {
    gone = true;
  });
  const isReady = (): Promise<boolean> =>
    fetch(`${env['SLIPWAY_API_URL']}/ready`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
  for (; !(await isReady()); await delay(50)) {
    signal.throwIfAborted();
    if (gone) throw new Error('The platform ended at its start; its last lines say why.');
    if (performance.now() - started > READY_MS)
      throw new Error(`The platform was not ready in ${READY_MS} ms.`);
  }
  console.log(`Platform: ready in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

async function enrol(
  env: Readonly<Record<string, string>>,
  node: NodeEntry,
  signal: AbortSignal,
): Promise<void> {
  const { name, address, sshPort, sshUser, privateKeyFile, hostKeyFingerprint } = node;
  const login = { privateKey: readFileSync(privateKeyFile, 'utf8') };
  const response = await fetch(`${env['SLIPWAY_API_URL']}/v1/nodes`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${env['SLIPWAY_API_TOKEN']}` },
    body: JSON.stringify({ name, address, sshPort, sshUser, login, hostKeyFingerprint }),
    signal,
  });
  if (!response.ok) throw new Error(`${name} was not enrolled: ${response.status} ${await response.text()}`);
}

/** Every http URL in the command's reply. The live tree goes to the terminal by standard error, the reply to us. */
async function deploy(
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const args = ['bin/slipway.mjs', 'deploy', 'examples/shop', '--app', APP_ID, '--json'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  let reply = '';
  child.stdout.on('data', (chunk: Buffer) => {
    reply += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  console.log(reply.trim());
  if (code !== 0) throw new Error(`slipway deploy failed with exit code ${code}`);
  const urls = [...new Set(reply.match(/https?:\/\/[^\s"'\\<>]+/g) ?? [])];
  if (urls.length === 0) throw new Error('The reply names no URL.');
  return urls;
}
