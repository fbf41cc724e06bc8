import { z } from 'zod';
import { printable } from './names.js';

const LONGEST_NAME = 63;
const LONGEST_PREFIX = 253;
const MOST_LABELS = 64;
const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/;
const PREFIX = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

const isName = (text: string): boolean => text.length <= LONGEST_NAME && NAME.test(text);

/** As of Kubernetes: a name, after a prefix that is a domain if there is one. */
function isLabelKey(text: string): boolean {
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  const isPrefix = prefix === undefined || (prefix.length <= LONGEST_PREFIX && PREFIX.test(prefix));
  return parts.length <= 2 && isPrefix && isName(name);
}

export const labelKeySchema = z
  .string()
  .refine(
    isLabelKey,
    'a key must be 1-63 of letters, digits and inner . _ -, if wanted after a domain and a slash, such as "disk" or "example.com/disk"',
  );

export const labelValueSchema = z
  .string()
  .refine(
    (text) => text === '' || isName(text),
    'a value must be empty, or 1-63 of letters, digits and inner . _ -, such as "ssd"',
  );

export const zoneSchema = z
  .string()
  .refine(isName, 'expected a zone of 1-63 letters, digits and inner . _ -, such as "eu-west-1a"');

export const labelsSchema = z
  .record(labelKeySchema, labelValueSchema)
  .refine((labels) => Object.keys(labels).length <= MOST_LABELS, `expected at most ${MOST_LABELS} labels`);

const MOST_CPUS = 4_096;
const MOST_BYTES = 2 ** 50;

/** Cores and bytes; what is left out is as the engine says. */
export const capacitySchema = z.strictObject({
  cpus: z.number().positive().max(MOST_CPUS).optional(),
  memoryBytes: z.int().positive().max(MOST_BYTES).optional(),
});

/** Cores and bytes that instances may not have. */
export const reserveSchema = z.strictObject({
  cpus: z.number().nonnegative().max(MOST_CPUS).optional(),
  memoryBytes: z.int().nonnegative().max(MOST_BYTES).optional(),
});

/** Why something is asked of a node. */
export const nodeReasonSchema = printable(500);
