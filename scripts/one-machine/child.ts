import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { createConnection } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

const KEPT_LINES = 40;
const STOP_GRACE_MS = 10_000;

/** A server that this process started: its last output for an error, and a way to end it. */
export class Child {
  private readonly lines: string[] = [];
  private readonly ended: Promise<void>;
  private readonly process: ChildProcess;

  constructor(
    readonly name: string,
    command: string,
    args: readonly string[],
    options: SpawnOptions = {},
  ) {
    this.process = spawn(command, [...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const keep = (chunk: Buffer): void => {
      this.lines.push(...chunk.toString().split('\n'));
      this.lines.splice(0, this.lines.length - KEPT_LINES);
    };
    this.process.stdout?.on('data', keep);
    this.process.stderr?.on('data', keep);
    this.ended = new Promise((resolve) => {
      this.process.once('exit', () => resolve());
      this.process.once('error', (error) => {
        this.lines.push(error.message);
        resolve();
      });
    });
  }

  /** Waits until `ready` holds; throws with the output's tail when the process ends first or time is up. */
  async until(ready: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
    let over = false;
    void this.ended.then(() => {
      over = true;
    });
    for (const deadline = performance.now() + timeoutMs; !(await ready()); await delay(50)) {
      if (!over && performance.now() < deadline) continue;
      await this.stop();
      throw new Error(
        `${this.name} ${over ? 'ended' : 'was not ready'} at its start:\n${this.lines.join('\n')}`,
      );
    }
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGTERM');
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
