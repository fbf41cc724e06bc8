import type { ClaimFigures } from './claims.js';
import type { RelayFigures } from './relay.js';

interface QueueResults {
  readonly claims: readonly ClaimFigures[];
  /** Milliseconds from an owner's last sign of life, lease 3 s. */
  readonly takeOverMs: readonly number[];
  readonly intakePerSecond: readonly number[];
  readonly relay: Readonly<Record<string, RelayFigures>>;
}

const HEAD = ['what waits', 'rows', 'claimers', 'Slipway/s', 'plain/s', 'ratio', 'claim p50 ms', 'p99 ms'];

/** The tables of docs/explanation/bench-queue.md, as Markdown. */
export function printedQueue({ claims, takeOverMs, intakePerSecond, relay }: QueueResults): string {
  const rows = claims.map((c) => [
    ...[c.shape, c.rows.toLocaleString('en'), String(c.claimers)],
    ...[
      `${c.slipway.median} (${c.slipway.min}-${c.slipway.max})`,
      `${c.plain.median} (${c.plain.min}-${c.plain.max})`,
    ],
    ...[
      c.slipwayToPlain.toFixed(2),
      (c.claimMicros.median / 1000).toFixed(2),
      (c.claimMicros.p99 / 1000).toFixed(2),
    ],
  ]);
  const relayed = Object.entries(relay).map(([name, r]) => [
    ...[name, r.messagesPerSecond.toFixed(0), r.messagesPerBatch.toFixed(1)],
    ...[r.early.p50, r.early.p99, r.late.p50, r.late.p99].map((ms) => ms.toFixed(1)),
  ]);
  return [
    table(HEAD, rows),
    table(['take-over', 'units'], histogram(takeOverMs)),
    `Requests taken in per second: ${intakePerSecond.map((n) => n.toFixed(0)).join(', ')}`,
    table(['relay', 'messages/s', 'a batch', 'early p50 ms', 'p99', 'late p50 ms', 'p99'], relayed),
  ].join('\n\n');
}

const BUCKET_MS = 50;

function histogram(times: readonly number[]): string[][] {
  const counts = new Map<number, number>();
  for (const ms of [...times].sort((a, b) => a - b)) {
    const bucket = Math.floor(ms / BUCKET_MS) * BUCKET_MS;
    counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
  }
  return [...counts].map(([from, count]) => [
    `${from}-${from + BUCKET_MS} ms`,
    `${count} ${'#'.repeat(count)}`,
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
