import { Cron } from 'croner';

/** Five fields of cron. `?` would mean the time of the call. */
const FIVE_FIELDS = /^[\w*,/#-]+(?: +[\w*,/#-]+){4}$/;
const EXPECTED = 'expected five fields of cron such as "0 8 * * 1-5"';
/** What may stand in each of them. */
const FIELDS = [
  'minute (0-59)',
  'hour (0-23)',
  'day of the month (1-31)',
  'month (1-12)',
  'day of the week (0-7, 0 and 7 are Sunday)',
] as const;

/** Any would do: whether a pattern ever comes true does not depend on it. */
const SOME_TIME = new Date('2024-01-01T00:00:00Z');

/** What is wrong with a cron expression of a window; undefined where nothing is. It holds no value. */
export function cronProblem(cron: string): string | undefined {
  if (!FIVE_FIELDS.test(cron)) return EXPECTED;
  try {
    const opens = patternOf(cron, 'UTC').nextRun(SOME_TIME) !== null;
    return opens ? undefined : 'expected a time that comes: this one never does';
  } catch {
    return wrongFields(cron) ?? EXPECTED;
  }
}

/** Names the fields that are wrong by themselves; undefined where none is. */
function wrongFields(cron: string): string | undefined {
  const wrong = cron.split(/ +/).flatMap((text, index) => (isField(text, index) ? [] : FIELDS[index]));
  return wrong.length === 0 ? undefined : `expected another ${wrong.join(', and another ')}`;
}

function isField(text: string, index: number): boolean {
  try {
    patternOf(FIELDS.map((_, other) => (other === index ? text : '*')).join(' '), 'UTC');
    return true;
  } catch {
    return false;
  }
}

export function isTimeZone(name: string): boolean {
  // An offset, such as +01:00, knows no summer.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone.length > 0;
  } catch {
    return false;
  }
}

interface Window {
  readonly cron: string;
  /** An IANA name. */
  readonly timezone: string;
  readonly durationMs: number;
  readonly min?: number;
  readonly max?: number;
}

interface Bounded {
  readonly min: number;
  readonly max: number;
  readonly windows: readonly Window[];
}

/** So many instances at least and at most. */
export interface ScalingBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * The windows of a policy that are open. One opens at each time of its cron expression in its time zone, and is closed after
 * `durationMs`: where summer time begins or ends within, it is open for so long all the same. A time that the clock skips
 * counts an hour later. Pure.
 * @param now milliseconds since 1970
 */
export const openWindows = <W extends Window>(
  { windows }: { readonly windows: readonly W[] },
  now: number,
): readonly W[] => windows.filter((window) => isOpen(window, now));

/** The bounds that count now: those of the open windows, or the policy's own. Of several windows the highest count. Pure. */
export function boundsAt(policy: Bounded, now: number): ScalingBounds {
  const open = openWindows(policy, now);
  if (open.length === 0) return { min: policy.min, max: policy.max };
  return {
    min: Math.max(...open.map(({ min }) => min ?? policy.min)),
    max: Math.max(...open.map(({ max }) => max ?? policy.max)),
  };
}

/** When the bounds may change next, milliseconds since 1970: a window opens or closes. Undefined without windows. Pure. */
export function nextChangeOfBounds({ windows }: Pick<Bounded, 'windows'>, now: number): number | undefined {
  const times = windows.flatMap(({ cron, timezone, durationMs }) => {
    const pattern = patternOf(cron, timezone);
    const opens = pattern.nextRun(new Date(now))?.getTime();
    const opened = pattern.nextRun(new Date(now - durationMs))?.getTime();
    const closes = opened !== undefined && opened <= now ? opened + durationMs : undefined;
    return [opens, closes].filter((time) => time !== undefined);
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** It has opened within its duration. */
function isOpen({ cron, timezone, durationMs }: Window, now: number): boolean {
  const opened = patternOf(cron, timezone).nextRun(new Date(now - durationMs));
  return opened !== null && opened.getTime() <= now;
}

/** Reading a pattern costs more than asking it. */
const patterns = new Map<string, Cron>();
const MOST_PATTERNS = 1_000;

function patternOf(cron: string, timezone: string): Cron {
  const key = `${timezone} ${cron}`;
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const pattern = new Cron(cron, { timezone, mode: '5-part' });
  if (patterns.size >= MOST_PATTERNS) patterns.clear();
  patterns.set(key, pattern);
  return pattern;
}
