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
type Name = (typeof NAMES)[number];

const SERVER = '2';

/** The servers in an answer of `show stat`. Throws where a column is missing. */
export function statLines(answer: string): readonly StatLine[] {
  const [head = '', ...lines] = answer.split('\n');
  const columns = head.replace(/^#\s*/, '').split(',');
  const wanted = new Map(NAMES.map((name) => [columns.indexOf(name), name] as const));
  if (wanted.has(-1))
    throw new Error(`show stat has no column ${NAMES.find((name) => !columns.includes(name))}`);
  const last = Math.max(...wanted.keys());
  return lines.flatMap((line) => {
    const found = lineOf(fieldsOf(line, wanted, last));
    return found === undefined ? [] : [found];
  });
}

/** Of the hundred fields, only those that are wanted are cut out: with 2,000 servers that is most of the time. */
function fieldsOf(line: string, wanted: ReadonlyMap<number, Name>, last: number): ReadonlyMap<Name, string> {
  const fields = new Map<Name, string>();
  let begin = 0;
  for (let column = 0; column <= last; column += 1) {
    const comma = line.indexOf(',', begin);
    const end = comma < 0 ? line.length : comma;
    const name = wanted.get(column);
    if (name !== undefined) fields.set(name, line.slice(begin, end));
    if (comma < 0) break;
    begin = end + 1;
  }
  return fields;
}

function lineOf(fields: ReadonlyMap<Name, string>): StatLine | undefined {
  const slot = Number(fields.get('svname')?.slice(1));
  if (fields.get('type') !== SERVER || !Number.isInteger(slot)) return undefined;
  const number = (name: Name): number => Number(fields.get(name) ?? 0) || 0;
  const sum = (...names: readonly Name[]): number => names.reduce((total, name) => total + number(name), 0);
  const responseMs = number('rtime');
  return {
    ...{ backend: fields.get('pxname') ?? '', slot },
    counters: {
      requests: number('stot'),
      answers: sum('hrsp_1xx', 'hrsp_2xx', 'hrsp_3xx', 'hrsp_4xx', 'hrsp_5xx', 'hrsp_other'),
      failedAnswers: number('hrsp_5xx'),
      lost: sum('wretr', 'econ', 'eresp'),
      aborts: number('cli_abrt'),
      ...{ bytesIn: number('bin'), bytesOut: number('bout') },
    },
    ...{ inFlight: number('scur'), queued: number('qcur') },
    // "UP", "UP 1/2" on its way down, and "no check".
    isUp: /^(UP|no check)/.test(fields.get('status') ?? ''),
    ...(responseMs > 0 && { responseMs }),
  };
}
