import type { ServerCounters } from '../domain/server-figures.js';

/** All servers that are not in maintenance: empty slots are, and would be most of the answer. */
export const SHOW_SERVERS = 'show stat -1 4 -1 no-maint';
/** One that is. */
export const showServer = (backend: string, slot: number): string => `show stat ${backend} 4 ${slot}`;

/** A server of HAProxy's figures. */
export interface StatLine {
  readonly backend: string;
  readonly slot: number;
  readonly counters: ServerCounters;
  readonly inFlight: number;
  readonly queued: number;
  readonly isUp: boolean;
  readonly responseMs?: number;
}

/** The columns that are read; HAProxy adds others at the end, and names all in the first line. */
const NAMES = [
  ...['pxname', 'svname', 'type', 'qcur', 'scur', 'stot', 'bin', 'bout', 'econ', 'eresp', 'wretr', 'status'],
  ...['hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other', 'cli_abrt', 'rtime'],
] as const;

const SERVER = '2';

/** The servers in an answer of `show stat`. Throws where a column is missing. */
export function statLines(answer: string): readonly StatLine[] {
  const [head = '', ...lines] = answer.split('\n');
  const columns = head.replace(/^#\s*/, '').split(',');
  const missing = NAMES.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`show stat has no column ${missing}`);
  const places = columns.map((column) => NAMES.findIndex((name) => name === column));
  return lines.flatMap((line) => {
    const found = lineOf(fieldsOf(line, places));
    return found === undefined ? [] : [found];
  });
}

/**
 * The fields by the order of NAMES. Of the hundred in a line, only these are cut out, and no map is made: with 2,000 servers
 * that is half of the time.
 */
function fieldsOf(line: string, places: readonly number[]): readonly string[] {
  const fields = NAMES.map(() => '');
  let begin = 0;
  for (const place of places) {
    const comma = line.indexOf(',', begin);
    if (place >= 0) fields[place] = line.slice(begin, comma < 0 ? undefined : comma);
    if (comma < 0) break;
    begin = comma + 1;
  }
  return fields;
}

function lineOf(fields: readonly string[]): StatLine | undefined {
  const [backend = '', server = '', type, queued, inFlight, requests, bytesIn, bytesOut, ...rest] = fields;
  const [econ, eresp, wretr, status = '', ...answers] = rest;
  const [ok1, ok2, ok3, ok4, failed, other, aborts, responseMs] = answers.map(Number);
  const slot = Number(server.slice(1));
  if (type !== SERVER || !Number.isInteger(slot)) return undefined;
  return {
    ...{ backend, slot },
    counters: {
      requests: Number(requests),
      answers: sum(ok1, ok2, ok3, ok4, failed, other),
      failedAnswers: failed ?? 0,
      lost: sum(Number(wretr), Number(econ), Number(eresp)),
      aborts: aborts ?? 0,
      ...{ bytesIn: Number(bytesIn), bytesOut: Number(bytesOut) },
    },
    ...{ inFlight: Number(inFlight), queued: Number(queued) },
    // "UP", "UP 1/2" on its way down, and "no check".
    isUp: /^(UP|no check)/.test(status),
    ...(responseMs !== undefined && responseMs > 0 && { responseMs }),
  };
}

const sum = (...values: readonly (number | undefined)[]): number =>
  values.reduce<number>((all, one) => all + (one ?? 0), 0);
