import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { appNames, databaseVariable, httpPortVariable, httpUrlVariable } from '#libs/app-roles';
import type { NodeEntry } from '#libs/testing';
import { freePort } from './one-machine/free-port.js';
import type { Ledger } from './one-machine/ledger.js';
import { lastOfLog } from './platform-log.js';

const READY_MS = 60_000;
const STOP_GRACE_MS = 15_000;

type Env = Readonly<Record<string, string>>;

/** The platform's process: every app in one. */
export interface Platform {
  /** What a client needs beside the set-up's own variables. */
  readonly env: Env;
  /** Resolves when the process is gone, to how it ended: its exit code, or the signal that killed it. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

interface PlatformOptions {
  /** Its whole environment, besides this process's. */
  readonly env: Env;
  /** JSON lines, of this start only. */
  readonly logFile: string;
  readonly nodes: readonly NodeEntry[];
  readonly ledger: Ledger;
  readonly signal?: AbortSignal;
}

/** Starts the standalone app on ports of its own, waits until it is ready, and enrols the nodes. */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const { env, logFile, nodes, signal } = options;
  const places = await Promise.all(appNames.map(async (app) => ({ app, port: await freePort() })));
  const ports = Object.fromEntries(places.map(({ app, port }) => [httpPortVariable(app), String(port)]));
  // Not the ports: an app that is started beside this one with the same variables needs ports of its own.
  const own = Object.fromEntries(
    places.map(({ app, port }) => [httpUrlVariable(app), `http://127.0.0.1:${port}`]),
  );
  const gateway = await gatewayPlace(options.ledger);
  const reached = { ...own, ...gateway.shown };
  const all = { ...env, ...reached, ...ports, ...gateway.env };
  const platform = spawnPlatform(all, reached, options);
  try {
    await untilReady(
      places.map(({ port }) => port),
      platform.ended,
      { logFile, signal },
    );
    await Promise.all(nodes.map((node) => enrol(all, node, signal)));
    return platform;
  } catch (error) {
    await platform.stop();
    throw error;
  }
}

/** A port and a folder for HAProxy, which a platform that is killed leaves behind. */
export async function gatewayPlace(ledger: Ledger) {
  const [port, tlsPort] = [await freePort(), await freePort()];
  const folder = mkdtempSync(join(tmpdir(), 'slipway-gateway-'));
  ledger.hold({ kind: 'directory', path: folder });
  ledger.hold({
    ...{ kind: 'pid-file', path: join(folder, 'haproxy.pid') },
    argument: join(folder, 'haproxy.cfg'),
  });
  return {
    shown: {
      // Its host is the gateway's domain: services are reached by names below it.
      SLIPWAY_TRAFFIC_URL: `http://localhost:${port}`,
      SLIPWAY_TRAFFIC_TLS_URL: `https://localhost:${tlsPort}`,
      SLIPWAY_TRAFFIC_CA_FILE: join(folder, 'ca.pem'),
    },
    env: {
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      GATEWAY_LISTEN_TLS: `127.0.0.1:${tlsPort}`,
      GATEWAY_TLS_SELF_SIGNED: 'true',
      GATEWAY_FOLDER: folder,
      GATEWAY_HAPROXY: '/usr/sbin/haproxy',
    },
  };
}

function spawnPlatform(env: Env, own: Env, { logFile, ledger }: PlatformOptions): Platform {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(process.execPath, ['--enable-source-maps', 'dist/apps/standalone/src/main.js'], {
    env: withoutAdministrator({ ...process.env, ...env }),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  ledger.holdProcess(child.pid);
  let over = false;
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once('error', (error) => resolve(error.message));
  });
  void ended.then(() => (over = true));
  const stop = async (): Promise<void> => {
    if (over) return;
    child.kill('SIGTERM');
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await ended;
    clearTimeout(kill);
  };
  return { env: own, ended, stop };
}

/** Where each app has a role of its own, no app gets the administrator's. */
function withoutAdministrator({ DATABASE_URL: url, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const own = appNames.map((app) => env[databaseVariable(app)]);
  return own.every(Boolean) ? env : { ...env, DATABASE_URL: url };
}

interface Waiting {
  readonly logFile: string;
  readonly signal: AbortSignal | undefined;
}

async function untilReady(
  ports: readonly number[],
  ended: Promise<string>,
  { logFile, signal }: Waiting,
): Promise<void> {
  let over: string | undefined;
  void ended.then((how) => (over = how));
  const isReady = (port: number): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/ready`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
  for (const deadline = performance.now() + READY_MS; ; await delay(50)) {
    if ((await Promise.all(ports.map(isReady))).every(Boolean)) return;
    signal?.throwIfAborted();
    if (over === undefined && performance.now() < deadline) continue;
    throw platformError(
      over === undefined ? `was not ready within ${READY_MS} ms` : `ended at its start (${over})`,
      logFile,
    );
  }
}

/** What became of the platform, with the last lines of its log that explain it. */
export function platformError(how: string, logFile: string): Error {
  const lines = lastOfLog(readFileSync(logFile, 'utf8'));
  return new Error([`The platform ${how}. The end of ${logFile}:`, ...lines].join('\n'));
}

/** Makes a machine a node of the platform whose HTTP API and token `env` names. */
export async function enrol(env: Env, node: NodeEntry, signal?: AbortSignal): Promise<void> {
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
