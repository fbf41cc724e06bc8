import { nodeReasonSchema, zoneSchema } from '#libs/contracts';
import {
  isUnreadable,
  type LabelChange,
  parseDuration,
  parseLabels,
  parseSize,
  type Size,
  type Unreadable,
} from '../domain/node-fields.js';
import { usageError } from '../errors.js';
import { valid } from './valid.js';

/** What the command line says of a node besides the way to it. */
export interface DescriptionOptions {
  readonly label?: readonly string[];
  readonly zone?: string;
  readonly capacity?: string;
  readonly reserve?: string;
}

interface Described {
  readonly labels?: LabelChange['set'];
  readonly zone?: string;
  readonly capacity?: Size;
  readonly reserve?: Size;
}

/** Throws a usage error that names the option and what it must be. */
export function descriptionOf({ label, zone, capacity, reserve }: DescriptionOptions): Described {
  valid({ argument: '--zone', schema: zoneSchema, text: zone });
  const sizes = { '--capacity': capacity, '--reserve': reserve };
  const [has, keeps] = Object.entries(sizes).map(([option, text]) =>
    text === undefined ? undefined : readable(option, text, parseSize(text)),
  );
  const labels = label && readable('--label', undefined, parseLabels(label, false)).set;
  return { labels, zone, capacity: has, reserve: keeps };
}

export function labelChange(words: readonly string[]): LabelChange {
  return readable('<labels>', undefined, parseLabels(words, true));
}

export const durationMs = (option: string, text: string | undefined): number | undefined =>
  text === undefined ? undefined : readable(option, text, parseDuration(text)).ms;

export function validReason(reason: string | undefined): void {
  valid({ argument: '--reason', schema: nodeReasonSchema, text: reason });
}

/** What was read; throws a usage error that says what was expected. */
export function readable<T extends object>(
  argument: string,
  text: string | undefined,
  value: T | Unreadable,
): T {
  if (!isUnreadable(value)) return value;
  const said = text === undefined ? argument : `${argument} is ${JSON.stringify(text)}`;
  throw usageError('USAGE', `${said}: ${value.expected}`, {
    hint: 'Correct what is named above; --help shows examples.',
  });
}
