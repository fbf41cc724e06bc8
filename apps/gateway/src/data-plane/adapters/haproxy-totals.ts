import type { Metrics } from '#libs/telemetry';
import { type Code, type Happened } from '../domain/request-figures.js';

/** Asks HAProxy; rejects while it does not answer. */
type Show = (command: string) => Promise<string>;

interface HaproxyTotalsParts {
  readonly metrics: Metrics;
  readonly show: Show;
  /** Lines of its log that came to this process and were lost there. */
  readonly linesLostHere: () => number;
}

/** What HAProxy counts itself since its worker started; empty while it does not answer. */
export type Info = ReadonlyMap<string, string>;

function infoOf(answer: string): Info {
  return new Map(
    answer.split('\n').flatMap((line) => {
      const at = line.indexOf(': ');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 2)] as const];
    }),
  );
}

/** HAProxy's own totals, for Prometheus, as they were when `read` was called last. */
export class HaproxyTotals {
  private info: Info = new Map();

  constructor(private readonly parts: HaproxyTotalsParts) {
    const { metrics, linesLostHere } = parts;
    const of =
      (name: string, share = 1) =>
      () =>
        this.info.has(name) ? [[{}, Number(this.info.get(name)) * share] as const] : [];
    metrics.gauge('gateway_haproxy_connections', 'Connections that HAProxy holds.', [], of('CurrConns'));
    metrics.gauge('gateway_haproxy_connections_limit', 'How many it holds at most.', [], of('Maxconn'));
    metrics.gauge('gateway_haproxy_idle_ratio', 'Share of its time without work.', [], of('Idle_pct', 0.01));
    metrics.counter(
      'gateway_haproxy_connections_total',
      'Connections since its start or reload.',
      [],
      of('CumConns'),
    );
    metrics.counter(
      'gateway_haproxy_requests_total',
      'Requests since its start or reload.',
      [],
      of('CumReq'),
    );
    metrics.counter('gateway_log_lines_lost_total', 'Requests whose line was lost.', ['at'], () => [
      [{ at: 'haproxy' }, this.lostThere],
      [{ at: 'gateway' }, linesLostHere()],
    ]);
  }

  get linesLost(): number {
    return this.lostThere + this.parts.linesLostHere();
  }

  async read(): Promise<void> {
    this.info = infoOf(await this.parts.show('show info').catch(() => ''));
  }

  private get lostThere(): number {
    return Number(this.info.get('DroppedLogs') ?? 0);
  }
}

/** A row of `show stat`: its columns by their names. */
type Row = Readonly<Record<string, string>>;

export function rowsOf(answer: string): readonly Row[] {
  const [head = '', ...lines] = answer.trim().split('\n');
  const names = head.replace(/^#\s*/, '').split(',');
  return lines.map((line) =>
    Object.fromEntries(line.split(',').map((value, index) => [names[index] ?? '', value])),
  );
}

const COUNTED = {
  retries: 'wretr',
  requestBytes: 'bin',
  responseBytes: 'bout',
} as const satisfies Partial<Record<keyof Happened, string>>;
const CODE_COLUMNS: readonly (readonly [Code, string])[] = [
  ['1xx', 'hrsp_1xx'],
  ['2xx', 'hrsp_2xx'],
  ['3xx', 'hrsp_3xx'],
  ['4xx', 'hrsp_4xx'],
  ['5xx', 'hrsp_5xx'],
  ['none', 'hrsp_other'],
];

/**
 * What happened between two looks at `show stat`. Its numbers go on when a slot is given to another instance, and begin
 * anew with each reload: so only what is new counts.
 */
export class StatDifferences {
  private readonly before = new Map<string, number>();

  /** Of each backend and each server. `server` is undefined where the row is that of a backend. */
  of(rows: readonly Row[]): readonly { backend: string; server?: string; happened: Happened }[] {
    const newOf = (row: Row, column: string): number => {
      const key = `${row['pxname']}/${row['svname']}/${column}`;
      const value = Number(row[column] ?? 0);
      const old = this.before.get(key) ?? 0;
      // A server in maintenance has no row, and goes on counting from there later.
      this.before.set(key, value);
      return value < old ? value : value - old;
    };
    return rows.flatMap((row) => {
      const { pxname: backend = '', svname = '' } = row;
      if (svname === 'FRONTEND') return [];
      const at = { backend, ...(svname !== 'BACKEND' && { server: svname }) };
      const rest = Object.entries(COUNTED).map(([name, column]) => [name, newOf(row, column)] as const);
      const byCode = CODE_COLUMNS.map(([code, column]) => ({ code, requests: newOf(row, column) }));
      return [
        { ...at, happened: Object.fromEntries(rest) as Happened },
        ...byCode.filter(({ requests }) => requests > 0).map((happened) => ({ ...at, happened })),
      ];
    });
  }
}
