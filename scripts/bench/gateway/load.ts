import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const WRK = '/usr/bin/wrk';
/** As many as the measurements of the decision had (ADR 9). */
const CONNECTIONS = 64;

/** What one run of wrk measured. */
export interface Load {
  readonly requests: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers that are no success, and connections that failed. */
  readonly failed: number;
}

interface LoadOptions {
  readonly url: string;
  readonly host: string;
  readonly seconds: number;
  /** The cores that it may use, as taskset names them. */
  readonly cores: string;
}

/** As many requests as are answered, over kept connections, by wrk. */
export async function loadOf({ url, host, seconds, cores }: LoadOptions): Promise<Load> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', '-H', `Host: ${host}`, url];
  const { stdout } = await run('taskset', ['-c', cores, WRK, ...args]);
  return readWrk(stdout);
}

const MS = { us: 0.001, ms: 1, s: 1_000, m: 60_000 } as const;

/** Throws where wrk printed something else than its figures. */
export function readWrk(text: string): Load {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
  const latency = (percent: number): number => {
    const [, value, unit] = new RegExp(`^ +${percent}% +([\\d.]+)(us|ms|s|m)$`, 'm').exec(text) ?? [];
    return Number(value) * (MS[unit as keyof typeof MS] ?? NaN);
  };
  const [, ...errors] =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text) ?? [];
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0;
  const load = {
    requests: number(/^ +(\d+) requests in/m),
    perSecond: number(/^Requests\/sec: +([\d.]+)/m),
    p50Ms: latency(50),
    p99Ms: latency(99),
    failed: [refused, ...errors].reduce((sum: number, count) => sum + Number(count), 0),
  };
  if (!Object.values(load).every(Number.isFinite)) throw new Error(`wrk printed no figures:\n${text}`);
  return load;
}
