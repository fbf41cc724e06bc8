import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from './until.js';

const READY_MS = 120_000;

/** An app in a process of its own, from the last build. */
export interface AppProcess {
  readonly pid: number;
  /** All it has written, standard output and errors. */
  log(): string;
  /** Of each app in it that is ready, by name. */
  httpUrls(): Readonly<Record<string, string>>;
  /** Its exit code, and how long it took to end after the signal. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null; readonly ms: number }>;
  /** Its exit code, when it ends by itself. */
  readonly ended: Promise<number | null>;
}

/** Starts `apps/<app>` with this environment and no other; what the caller wants of its own goes in. */
export function spawnApp(app: string, env: NodeJS.ProcessEnv): AppProcess {
  return spawnScript(`dist/apps/${app}/src/main.js`, env);
}

/** The same for any script of the last build. */
export function spawnScript(
  script: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
): AppProcess {
  const child = spawn(process.execPath, [script, ...args], { env, stdio: 'pipe' });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return {
    pid: Number(child.pid),
    ended,
    log: () => text,
    httpUrls: () => readyUrls(text),
    async stop(signal = 'SIGTERM') {
      const begun = performance.now();
      child.kill(signal);
      return { code: await ended, ms: performance.now() - begun };
    },
  };
}

/** Resolves when as many apps as `count` in the process are ready; throws with its log when it ends before. */
export async function untilReady(process: AppProcess, count = 1): Promise<void> {
  let code: number | null | undefined;
  void process.ended.then((exit) => {
    code = exit;
  });
  const ready = (): boolean => {
    if (code !== undefined) throw new Error(`it ended with code ${code}:\n${process.log()}`);
    return Object.keys(process.httpUrls()).length >= count;
  };
  await until('the app to be ready', ready, { timeoutMs: READY_MS });
}

function readyUrls(log: string): Record<string, string> {
  const lines = log.split('\n').filter((line) => line.startsWith('{') && line.includes('is ready'));
  const entries = lines.map((line) => JSON.parse(line) as { app: string; httpUrl: string });
  return Object.fromEntries(entries.map(({ app, httpUrl }) => [app, httpUrl]));
}
