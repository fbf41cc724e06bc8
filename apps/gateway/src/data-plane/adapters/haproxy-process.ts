import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, readlinkSync, rmSync, statSync, truncateSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DataPlaneError } from '../domain/data-plane-error.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';
import { RuntimeApi } from './runtime-api.js';

const run = promisify(execFile);

const OLDEST = [2, 6] as const;
/** All that HAProxy gets: keys and passwords of this process are none of its business. Users often lack /usr/sbin. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
const READY_MS = 10_000;
const LOOK_MS = 10;
/** By then a master that starts has executed its program anew. */
const EXECUTES_MS = 2_000;
/** So long requests in flight may go on once it is told to end. */
const SOFT_STOP_MS = 5_000;
const KILL_MS = 2_000;
const AGAIN_MS = 250;
const SAID_LINES = 6;
const MOST_OUTPUT_BYTES = 1_048_576;

/**
 * HAProxy as a process of its own, which goes on when this one is killed: a master that keeps the sockets, and a worker
 * that carries. Whoever comes next with the same folder finds it by its pid file.
 */
export class HaproxyProcess {
  private readonly files: ReturnType<typeof filesIn>;
  private isChecked = false;
  private started: ChildProcess | undefined;

  constructor(private readonly settings: Pick<HaproxySettings, 'program' | 'folder'>) {
    this.files = filesIn(settings.folder);
  }

  /** Of the master, where it runs. */
  get pid(): number | undefined {
    try {
      const pid = Number(readFileSync(this.files.pid, 'utf8'));
      // A pid is given out again; nobody else has our configuration on its command line.
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (words.includes(this.files.config)) return pid;
      // A master executes its program anew once it has a worker, and has no command line for a moment. Nor has a dead
      // one, but that has no program either: then this throws.
      return words.join('') === '' && readlinkSync(`/proc/${pid}/exe`) !== '' ? pid : undefined;
    } catch {
      return undefined;
    }
  }

  /** Throws HAPROXY_MISSING where the program is not there, or too old. */
  async check(): Promise<void> {
    if (this.isChecked) return;
    const { program } = this.settings;
    const { stdout } = await run(program, ['-v'], { env: ENVIRONMENT }).catch((cause: unknown) => {
      throw missing(`GATEWAY_HAPROXY names ${program}, which cannot be started`, cause);
    });
    const [, major, minor] = /version (\d+)\.(\d+)/.exec(stdout) ?? [];
    const version = [Number(major), Number(minor)] as const;
    if (!(version[0] > OLDEST[0] || (version[0] === OLDEST[0] && version[1] >= OLDEST[1])))
      throw missing(`GATEWAY_HAPROXY names ${program}, of version ${version.join('.')}`);
    this.isChecked = true;
  }

  /** Throws HAPROXY_NOT_STARTED where HAProxy would not start with this file. */
  async validate(file: string): Promise<void> {
    try {
      // Without -q, by which it keeps what is wrong to itself.
      await run(this.settings.program, ['-c', '-f', file], { env: ENVIRONMENT });
    } catch (cause) {
      throw notStarted((cause as { readonly stderr?: string }).stderr ?? '', cause);
    }
  }

  /** Starts it with the configuration in its folder; `untilReady` says whether it came up. */
  start(): void {
    const { config, pid, output, masterSocket } = this.files;
    rmSync(output, { force: true });
    const out = openSync(output, 'a', 0o600);
    const args = ['-W', '-S', `${masterSocket},mode,600`, '-f', config, '-p', pid];
    const child = spawn(this.settings.program, args, {
      cwd: this.settings.folder,
      // A session of its own: neither Ctrl-C nor the end of this process reaches it.
      detached: true,
      env: ENVIRONMENT,
      stdio: ['ignore', out, out],
    });
    this.started = child;
    closeSync(out);
    // Without a listener it would end this process; that it is not there shows when it is waited for.
    child.once('error', () => undefined);
    child.unref();
  }

  /** It writes a line whenever an instance goes down or comes back: what it wrote is let go once it is long. */
  boundOutput(): void {
    const { output } = this.files;
    if ((statSync(output, { throwIfNoEntry: false })?.size ?? 0) > MOST_OUTPUT_BYTES) truncateSync(output);
  }

  /** A new worker with the configuration in the folder takes the sockets over; the old one ends after its requests. */
  async reload(): Promise<void> {
    for (const begun = performance.now(); ; await delay(LOOK_MS)) {
      try {
        return await this.askForReload();
      } catch (cause) {
        // A master that has just started executes its program anew, and refuses connections for a moment.
        if (performance.now() - begun < EXECUTES_MS && this.pid !== undefined) continue;
        const says = 'HAProxy does not answer at its master socket';
        throw new DataPlaneError('HAPROXY_UNREACHABLE', says, { cause });
      }
    }
  }

  private async askForReload(): Promise<void> {
    const socket = createConnection({ path: this.files.masterSocket });
    try {
      await once(socket, 'connect', { signal: AbortSignal.timeout(READY_MS) });
      socket.end('reload\n');
      socket.resume();
      await once(socket, 'close', { signal: AbortSignal.timeout(READY_MS) });
    } finally {
      socket.destroy();
    }
  }

  /** A connection to the worker that runs with this configuration. Throws HAPROXY_NOT_STARTED where none comes up. */
  async untilReady(generation: string): Promise<RuntimeApi> {
    const begun = performance.now();
    for (;;) {
      const api = await this.connect(generation);
      if (api !== undefined) return api;
      const waitedMs = performance.now() - begun;
      if (waitedMs > READY_MS || (waitedMs > 1_000 && this.hasFailed())) throw notStarted(this.saidLast());
      await delay(LOOK_MS);
    }
  }

  /** Undefined where no worker with this configuration answers. */
  async connect(generation: string): Promise<RuntimeApi | undefined> {
    let api: RuntimeApi | undefined;
    try {
      api = await RuntimeApi.connect(this.files.runtimeSocket);
      if ((await api.ask('show info')).includes(`\ndescription: ${generation}`)) return api;
    } catch {
      // It is asked again.
    }
    api?.close();
    return undefined;
  }

  /** Ends it: at once it takes no new connections; what is in flight has some seconds. */
  async end(): Promise<void> {
    for (const [signal, ms] of [
      ['SIGUSR1', SOFT_STOP_MS],
      ['SIGTERM', KILL_MS],
      ['SIGKILL', KILL_MS],
    ] as const)
      if (await this.hasEnded(signal, ms)) return;
  }

  /** A master that has just started loses signals, so it gets more than one. */
  private async hasEnded(signal: NodeJS.Signals, withinMs: number): Promise<boolean> {
    const begun = performance.now();
    for (let nextMs = 0; performance.now() - begun < withinMs; await delay(LOOK_MS)) {
      const { pid } = this;
      if (pid === undefined) return true;
      if (performance.now() - begun < nextMs) continue;
      process.kill(pid, signal);
      nextMs += AGAIN_MS;
    }
    return this.pid === undefined;
  }

  /** One that was just started writes its pid file only once it has read its configuration, which may be large. */
  private hasFailed(): boolean {
    const { started } = this;
    const runs = started !== undefined && started.exitCode === null && started.signalCode === null;
    return !runs && this.pid === undefined;
  }

  /** Why it is not there any more, as far as it said; only until it is started again. */
  ended(): DataPlaneError {
    return new DataPlaneError(
      'HAPROXY_UNREACHABLE',
      `HAProxy has ended: ${alertsOf(this.saidLast(), 'last')}`,
    );
  }

  private saidLast(): string {
    try {
      return readFileSync(this.files.output, 'utf8');
    } catch {
      return '';
    }
  }
}

const missing = (what: string, cause?: unknown): DataPlaneError =>
  new DataPlaneError(
    'HAPROXY_MISSING',
    `${what}; expected HAProxy ${OLDEST.join('.')} or newer. Debian and Ubuntu: apt-get install haproxy`,
    { cause },
  );

function alertsOf(said: string, from: 'first' | 'last'): string {
  const lines = said
    .trim()
    .split('\n')
    .filter((line) => /ALERT|error/i.test(line));
  return (
    (from === 'first' ? lines.slice(0, SAID_LINES) : lines.slice(-SAID_LINES)).join(' ') || 'it says nothing'
  );
}

const notStarted = (said: string, cause?: unknown): DataPlaneError =>
  new DataPlaneError('HAPROXY_NOT_STARTED', `HAProxy does not start: ${whyNotStarted(said)}`, { cause });

/** `Starting frontend requests: cannot bind socket (Address already in use) [127.0.0.1:8080]` */
const NOT_BOUND = /cannot bind (?:\S+ )*socket \(([^)]*)\)[^[]*\[([^\]]*)\]/;

export function whyNotStarted(said: string): string {
  const [, why, at] = NOT_BOUND.exec(said) ?? [];
  if (why === undefined) return alertsOf(said, 'first');
  const who = why.startsWith('Address already in use') ? 'another process listens there' : why;
  return `it cannot listen at ${at}: ${who}. Set GATEWAY_LISTEN and GATEWAY_LISTEN_TLS to what is free`;
}
