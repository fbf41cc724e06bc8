import type { LimitName, LimitsApplied } from '#libs/contracts';

/** A limit that could not be written. */
export interface NotWritten {
  readonly limit: LimitName;
  /** What the shell or a tool said. */
  readonly why: string;
}

/** What the kernel holds of one container or control group, and what of it could not be written. */
export interface Found {
  readonly kind: 'found';
  readonly version: 1 | 2;
  readonly applied: LimitsApplied;
  /** Memory that counts against the limit; absent where the kernel does not say. */
  readonly usedBytes?: number;
  /** The part of it that the kernel gives back when asked: file cache that was not used of late. */
  readonly inactiveBytes?: number;
  /** The CPUs that it may be given. */
  readonly allCpus?: string;
  readonly notWritten: readonly NotWritten[];
}

/** `gone`: it is not there. `bare`: it runs without a control group of its own. */
export type Subject = Found | { readonly kind: 'gone' | 'bare' };

/** cgroup v1 writes the largest whole number of pages where there is no limit. */
const NO_MEMORY_LIMIT = 2 ** 62;
const MILLI = 1_000;

type Lines = readonly (readonly [word: string, rest: string])[];

/** Undefined where the program was cut off before its end. */
export function parseFound(text: string): readonly Subject[] | undefined {
  const all = text.trimEnd().split('\n');
  if (all.at(-1) !== 'done') return undefined;
  const from = all.indexOf('values');
  const [lines, values] = from < 0 ? [all, []] : [all.slice(0, from), all.slice(from + 1, -1)];
  const words = lines.map(wordOf);
  const queues = queuesOf(words.find(([word]) => word === 'queues')?.[1]);
  const blocks: [string, string][][] = [];
  const files = new Map<string, ((line: string) => void)[]>();
  for (const [word, rest] of words) {
    if (word === 'subject') blocks.push([]);
    const block = blocks.at(-1);
    if (block === undefined || word === 'queues') continue;
    if (word !== 'at') block.push([word, rest]);
    else {
      const [name, path] = wordOf(rest);
      const readers = files.get(path) ?? [];
      files.set(path, [...readers, (line) => void block.push([name, line])]);
    }
  }
  for (const value of values) hand(value, files);
  return blocks.map((block) => subjectOf(block, queues));
}

function wordOf(line: string): [word: string, rest: string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}

/** `FILE:LINE`; the names of groups may hold colons, too: the longest name that is known counts. */
function hand(value: string, files: ReadonlyMap<string, readonly ((line: string) => void)[]>): void {
  let [readers, line]: [readonly ((line: string) => void)[], string] = [[], ''];
  for (let colon = value.indexOf(':'); colon >= 0; colon = value.indexOf(':', colon + 1)) {
    const found = files.get(value.slice(0, colon));
    if (found !== undefined) [readers, line] = [found, value.slice(colon + 1)];
  }
  for (const read of readers) read(line);
}

function subjectOf(block: Lines, queues: ReadonlyMap<string, number>): Subject {
  const has = (word: string): boolean => block.some(([found]) => found === word);
  if (has('gone')) return { kind: 'gone' };
  if (has('bare')) return { kind: 'bare' };
  const first = (word: string): string | undefined => block.find(([found]) => found === word)?.[1];
  const used = wholeOf(first('used'));
  const version = first('version') === '2' ? 2 : 1;
  const inactive = inactiveOf(block, version);
  const allCpus = first('allcpus');
  return {
    kind: 'found',
    version,
    applied: {
      ...cpusOf(first('quota'), first('period')),
      ...cpusetOf(first('cpuset')),
      ...memoryOf(first('memory')),
      ...disksOf(block, first('disks')),
      ...networkOf(first('veth'), queues),
    },
    ...(used !== undefined && { usedBytes: used }),
    ...(inactive !== undefined && { inactiveBytes: inactive }),
    ...(allCpus && { allCpus }),
    notWritten: block.flatMap(([word, rest]) => (word === 'failed' ? [notWrittenOf(rest)] : [])),
  };
}

/** v1 has the group alone before it, without those below. */
function inactiveOf(block: Lines, version: 1 | 2): number | undefined {
  const name = version === 1 ? 'total_inactive_file ' : 'inactive_file ';
  const line = block.find(([word, rest]) => word === 'stat' && rest.startsWith(name))?.[1];
  return wholeOf(line?.slice(name.length));
}

const wholeOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;

/** v2 has both in one line, and `max` where there is no limit; v1 has -1. */
function cpusOf(quota: string | undefined, period: string | undefined): Pick<LimitsApplied, 'cpus'> {
  const [of = '', per] = (quota ?? '').split(' ');
  if (of === 'max' || of === '-1') return { cpus: null };
  const [us, periodUs] = [wholeOf(of), wholeOf(per ?? period)];
  if (us === undefined || !periodUs) return {};
  return { cpus: Math.round((us / periodUs) * 100 * MILLI) / (100 * MILLI) };
}

const cpusetOf = (set: string | undefined): Pick<LimitsApplied, 'cpuset'> => (set ? { cpuset: set } : {});

function memoryOf(limit: string | undefined): Pick<LimitsApplied, 'memoryBytes'> {
  if (limit === 'max') return { memoryBytes: null };
  const bytes = wholeOf(limit);
  if (bytes === undefined) return {};
  return { memoryBytes: bytes >= NO_MEMORY_LIMIT ? null : bytes };
}

type OfDisks = Pick<LimitsApplied, 'diskReadBytesPerSecond' | 'diskWriteBytesPerSecond'>;

/** Of several disks with different limits the lowest: it is what a request must not find higher. */
function disksOf(block: Lines, disks: string | undefined): OfDisks {
  if (disks === undefined) return {};
  const known = new Set(disks.split(' '));
  const rows = block.flatMap(([word, rest]) => {
    const [device = '', ...values] = rest.split(' ');
    return known.has(device) ? [{ word, values }] : [];
  });
  const lowest = (of: (row: (typeof rows)[number]) => number | undefined): number | null => {
    const found = rows.map(of).filter((value) => value !== undefined);
    return found.length === 0 ? null : Math.min(...found);
  };
  const named = (values: readonly string[], name: string): number | undefined =>
    wholeOf(values.find((value) => value.startsWith(`${name}=`))?.slice(name.length + 1));
  const read = lowest(({ word, values }) =>
    word === 'read' ? wholeOf(values[0]) : word === 'io' ? named(values, 'rbps') : undefined,
  );
  const write = lowest(({ word, values }) =>
    word === 'write' ? wholeOf(values[0]) : word === 'io' ? named(values, 'wbps') : undefined,
  );
  return { diskReadBytesPerSecond: read, diskWriteBytesPerSecond: write };
}

function networkOf(
  veth: string | undefined,
  queues: ReadonlyMap<string, number>,
): Pick<LimitsApplied, 'networkBytesPerSecond'> {
  if (veth === undefined || !queues.has('')) return {};
  return { networkBytesPerSecond: queues.get(veth) ?? null };
}

/** Rates of token buckets by their device. Where `tc` said anything at all, there is an entry without a name, too. */
function queuesOf(json: string | undefined): ReadonlyMap<string, number> {
  const rates = new Map<string, number>();
  for (const queue of listOf(json)) {
    rates.set('', 0);
    const { kind, dev, root, options } = queue;
    const rate = options?.rate;
    if (kind === 'tbf' && root === true && typeof dev === 'string' && typeof rate === 'number')
      rates.set(dev, rate);
  }
  return rates;
}

interface Queue {
  readonly kind?: unknown;
  readonly dev?: unknown;
  readonly root?: unknown;
  readonly options?: { readonly rate?: unknown };
}

function listOf(json: string | undefined): readonly Queue[] {
  try {
    const parsed: unknown = JSON.parse(json || '[]');
    return Array.isArray(parsed) ? (parsed as Queue[]) : [];
  } catch {
    return [];
  }
}

function notWrittenOf(rest: string): NotWritten {
  const space = rest.indexOf(' ');
  return { limit: rest.slice(0, space) as LimitName, why: rest.slice(space + 1) };
}
