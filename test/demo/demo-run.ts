import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from '#libs/testing';

const START_MS = 180_000;

/** A folder of its own to run the demo in: one demo a folder, and somebody's may be up in this one. */
export function demoFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'slipway-demo-'));
  for (const name of ['bin', 'dist', 'examples', 'node_modules', 'package.json'])
    symlinkSync(resolve(name), join(path, name));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** One run of the demo, as a terminal has it. */
export class DemoRun {
  said = '';
  /** In the environment of every process that comes of it. */
  readonly mark = `SLIPWAY_DEMO_RUN=${randomUUID()}`;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(cwd: string, args: readonly string[] = [], settings: Readonly<Record<string, string>> = {}) {
    const script = join('dist', 'scripts', 'demo.js');
    // A process group of its own: Ctrl-C reaches all of a terminal's group, and only that.
    const [name = '', value] = this.mark.split('=');
    const env = { ...userEnv(), ...settings, [name]: value };
    this.child = spawn(process.execPath, [script, ...args], { cwd, detached: true, env });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => (this.said += chunk.toString()));
    this.ended = once(this.child, 'close');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async untilSaid(text: string): Promise<void> {
    await until(`the demo says "${text}"`, () => this.said.includes(text) || this.child.exitCode !== null, {
      timeoutMs: START_MS,
    });
    if (!this.said.includes(text)) throw new Error(`The demo never said "${text}". It said:\n${this.said}`);
  }

  async exitCode(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  ctrlC(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** The demo's own process alone, as an out-of-memory killer does: what it started lives on. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    // Its output stays open in what it started, so its streams do not close.
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}

/** What a user has: nothing of the set-up that may be running the tests. */
export function userEnv(): NodeJS.ProcessEnv {
  const kept = [
    'PATH',
    'HOME',
    'LANG',
    'XDG_CACHE_HOME',
    'JAVA_HOME',
    'NODE_EXTRA_CA_CERTS',
    'SSL_CERT_FILE',
  ];
  const proxies = Object.keys(process.env).filter((name) =>
    /^(?:https?_proxy|no_proxy|npm_config_|pip_)/i.test(name),
  );
  return Object.fromEntries([...kept, ...proxies].map((name) => [name, process.env[name]]));
}
