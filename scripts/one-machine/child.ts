import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Ledger } from './ledger.js';

const KEPT_LINES = 40;
const STOP_GRACE_MS = 10_000;

interface ChildOptions extends SpawnOptions {
  readonly ledger: Ledger;
  /** A namespace's first process: only SIGKILL ends it from outside. */
  readonly abrupt?: boolean;
  /** What asks it to end in order; SIGTERM when left out. */
  readonly endSignal?: NodeJS.Signals;
}

/** A server that this process started: its last output for an error, and a way to end it. */
export class Child {
  private readonly lines: string[] = [];
  private readonly ended: Promise<void>;
  private readonly process: ChildProcess;
  private readonly endSignal: NodeJS.Signals;
  private over = false;

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    { ledger, abrupt, endSignal = 'SIGTERM', ...options }: ChildOptions,
  ) {
    this.endSignal = endSignal;
    // A session of its own: Ctrl-C in the terminal reaches this process only, which then ends all in order.
    const stdio = ['ignore', 'pipe', 'pipe'] as const;
    this.process = spawn(command, [...args], { ...options, detached: true, stdio: [...stdio] });
    ledger.holdProcess(this.process.pid, { abrupt });
    const keep = (chunk: Buffer): void => {
      this.lines.push(...chunk.toString().split('\n'));
      this.lines.splice(0, this.lines.length - KEPT_LINES);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.ended = new Promise<void>((resolve) => {
      this.process.once('exit', () => resolve());
      this.process.once('error', (error) => {
        this.lines.push(error.message);
        resolve();
      });
    }).then(() => {
      this.over = true;
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Waits until `ready` holds; throws with the output's tail when the process ends first or time is up. */
  async until(ready: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    for (const deadline = performance.now() + timeoutMs; !(await ready()); await delay(50)) {
      if (!this.over && performance.now() < deadline) continue;
      const how = this.over ? 'ended' : 'was not ready';
      await this.stop();
      throw new Error(`${this.name} ${how} at its start:\n${this.lines.join('\n')}`);
    }
  }

  /** Ends it at once. */
  async kill(): Promise<void> {
    if (!this.over) this.process.kill('SIGKILL');
    await this.ended;
  }

  /** Asks `pid` to end (the process itself when left out), waits, and then kills the process. */
  async stop(pid = this.pid): Promise<void> {
    if (this.over) return;
    try {
      if (pid !== undefined) process.kill(pid, this.endSignal);
    } catch {
      // It ended in between.
    }
    const kill = setTimeout(() => this.process.kill('SIGKILL'), STOP_GRACE_MS);
    await this.ended;
    clearTimeout(kill);
  }
}

/** Whether something listens. */
export function answers(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host });
    socket.once('connect', () => resolve(socket.end() !== undefined));
    socket.once('error', () => resolve(false));
  });
}
