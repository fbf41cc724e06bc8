import { Buffer } from 'node:buffer';
import { randomUUID } from 'node:crypto';
import type { Pool } from '#libs/postgres';
import type { Logger } from '#libs/telemetry';
import { cleanText } from '../../task/domain/clean-text.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { ClaimedTask, Clock } from '../../task/ports.js';
import { appendBuildLog, type Build, dropOldFailures } from './build-logs.js';

const MAX_BYTES = 1024 ** 2;
const BATCH_MS = 250;

interface BuildLogParts {
  readonly pool: Pool;
  readonly logger: Logger;
  /** The database's clock: builds of several replicas are listed by when they began. */
  readonly clock: Clock;
  /** The end of each build's output that is kept. */
  readonly maxBytes?: number;
}

/** One build's output on its way to Postgres: in batches, in order, and never more of it in memory than is kept. */
class OpenLog {
  private lines: string[] = [];
  private waiting = 0;
  private position = 0;
  private timer: NodeJS.Timeout | undefined;
  private written = Promise.resolve();

  constructor(
    private readonly build: Build,
    private readonly parts: Required<BuildLogParts>,
  ) {}

  add(lines: readonly string[]): void {
    for (const line of lines) this.push(`${cleanText(line.slice(0, this.parts.maxBytes))}\n`);
    this.timer ??= setTimeout(() => void this.flush(), BATCH_MS);
  }

  /** Resolves when all that was added is stored, or given up. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.written = this.written.then(() => this.write());
    await this.written;
  }

  private push(line: string): void {
    this.lines.push(line);
    this.waiting += Buffer.byteLength(line);
    while (this.waiting > this.parts.maxBytes && this.lines.length > 1) {
      const bytes = Buffer.byteLength(this.lines.shift() ?? '');
      this.waiting -= bytes;
      this.position += bytes;
    }
  }

  /** A log is no reason for a build to fail: what cannot be stored is left out. */
  private async write(): Promise<void> {
    if (this.lines.length === 0) return;
    const { pool, logger, maxBytes } = this.parts;
    const chunk = { position: this.position, text: this.lines.join('') };
    this.position += this.waiting;
    this.lines = [];
    this.waiting = 0;
    try {
      await appendBuildLog(pool, this.build, chunk, maxBytes);
      if (chunk.position === 0) await dropOldFailures(pool, this.build);
    } catch (error) {
      logger.warn({ err: error, token: this.build.token }, 'a part of a build log was not stored');
    }
  }
}

/** Keeps what builds say. A build begins with its first line and ends with `end`. */
export class BuildLogWriter {
  private readonly open = new Map<string, OpenLog>();

  private readonly parts: Required<BuildLogParts>;

  constructor({ maxBytes = MAX_BYTES, ...parts }: BuildLogParts) {
    this.parts = { ...parts, maxBytes };
  }

  add(claim: ClaimedTask, state: TaskState, lines: readonly string[]): void {
    const key = keyOf(claim);
    const log = this.open.get(key) ?? new OpenLog(this.begin(claim, state), this.parts);
    this.open.set(key, log);
    log.add(lines);
  }

  async end(claim: ClaimedTask): Promise<void> {
    const log = this.open.get(keyOf(claim));
    this.open.delete(keyOf(claim));
    await log?.flush();
  }

  private begin(claim: ClaimedTask, { token, appId, service, sourceDigest = '' }: TaskState): Build {
    const startedAt = this.parts.clock.now();
    return { id: randomUUID(), claim, token, appId, service, sourceDigest, startedAt };
  }
}

const keyOf = ({ taskId, fence }: ClaimedTask): string => `${taskId}/${fence}`;
