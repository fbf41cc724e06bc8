import { labelKeySchema, labelValueSchema, nodeNameSchema } from '#libs/contracts';
import { parsePlace, type SshPlace } from './ssh-place.js';

/** What was typed cannot be read: what it must be. */
export interface Unreadable {
  readonly expected: string;
}

const isUnreadable = (value: object): value is Unreadable => 'expected' in value;
export { isUnreadable };

export interface LabelChange {
  readonly set: Readonly<Record<string, string>>;
  readonly remove: readonly string[];
}

const AS_A_LABEL = 'expected KEY=VALUE, such as disk=ssd';

/** `key=value` sets, `key-` removes where `mayRemove`. */
export function parseLabels(texts: readonly string[], mayRemove: boolean): LabelChange | Unreadable {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const text of texts) {
    const [key = '', ...values] = text.split('=');
    const isRemoval = mayRemove && values.length === 0 && key.endsWith('-');
    if (values.length === 0 && !isRemoval)
      return {
        expected: `${JSON.stringify(text)}: ${AS_A_LABEL}${mayRemove ? ', or KEY- to remove one' : ''}`,
      };
    const name = isRemoval ? key.slice(0, -1) : key;
    const value = values.join('=');
    const issue =
      labelKeySchema.safeParse(name).error?.issues[0] ?? labelValueSchema.safeParse(value).error?.issues[0];
    if (issue !== undefined) return { expected: `${JSON.stringify(text)}: ${issue.message}` };
    if (Object.hasOwn(set, name) || remove.includes(name))
      return { expected: `${JSON.stringify(name)} is named twice; expected each label once` };
    if (isRemoval) remove.push(name);
    else set[name] = value;
  }
  return { set, remove };
}

export interface Size {
  readonly cpus?: number;
  readonly memoryBytes?: number;
}

const UNITS: Readonly<Record<string, number>> = {
  mib: 1024 ** 2,
  m: 1024 ** 2,
  gib: 1024 ** 3,
  g: 1024 ** 3,
};
const AS_A_SIZE =
  'expected cpus=NUMBER, memory=NUMBER with MiB or GiB, or both with a comma: cpus=4,memory=8GiB';

/** `cpus=4,memory=8GiB`, either of them. */
export function parseSize(text: string): Size | Unreadable {
  const size: { cpus?: number; memoryBytes?: number } = {};
  for (const part of text.split(',')) {
    const [, kind, digits, unit = ''] = /^(cpus|memory)=(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(part.trim()) ?? [];
    const factor = kind === 'cpus' && unit === '' ? 1 : UNITS[unit.toLowerCase()];
    const isTwice = (kind === 'cpus' ? size.cpus : size.memoryBytes) !== undefined;
    if (factor === undefined || isTwice || (kind === 'cpus' && unit !== '')) return { expected: AS_A_SIZE };
    if (kind === 'cpus') size.cpus = Number(digits);
    else size.memoryBytes = Math.round(Number(digits) * factor);
  }
  return size;
}

/** `512M`, `4G`, `1.5GiB` in bytes. */
export function parseMemory(text: string): { readonly bytes: number } | Unreadable {
  const [, digits, unit = ''] = /^(\d{1,9}(?:\.\d+)?)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined || Number(digits) === 0)
    return { expected: 'expected an amount such as 512M or 4G' };
  return { bytes: Math.round(Number(digits) * factor) };
}

const DURATION_UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const LONGEST_MS = 30 * 86_400_000;

/** `90s`, `10m`, `2h`, `1d` in milliseconds, 30 days at most. */
export function parseDuration(text: string): { readonly ms: number } | Unreadable {
  const [, digits, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const factor = DURATION_UNITS[unit];
  const ms = Number(digits) * (factor ?? 0);
  if (digits === undefined || factor === undefined || ms === 0 || ms > LONGEST_MS)
    return { expected: 'expected a time of at most 30d, such as 90s, 10m, 2h or 1d' };
  return { ms };
}

/** What no name of a node has: whoever types it means a place. */
const OF_PLACES = /[@.:[\]]/;

/** `user@host[:port]` in the place of a name; undefined of a name. */
export function placeInsteadOfName(text: string): SshPlace | Unreadable | undefined {
  if (!OF_PLACES.test(text)) return undefined;
  return (
    parsePlace(text) ?? {
      expected:
        'expected a name, or [user@]host[:port] with a port from 1 to 65535; an IPv6 address stands in brackets',
    }
  );
}

const LONGEST_NAME = 63;

/** The name of a node by its host: the first part of a host name, or `node-` and an address. Undefined where it gives none. */
export function nameOfHost(host: string): string | undefined {
  const isAddress = /^[\d.]+$/.test(host) || host.includes(':');
  const text = isAddress ? `node-${host}` : (host.split('.')[0] ?? '');
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+/, '')
    .slice(0, LONGEST_NAME)
    .replace(/-+$/, '');
  return nodeNameSchema.safeParse(name).success ? name : undefined;
}
