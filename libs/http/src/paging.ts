import { createHash } from 'node:crypto';
import type { Page } from '#libs/contracts';
import { z } from 'zod';
import { ApiError } from './api-error.js';

const DIGEST_LENGTH = 16;

/** A row of a list, with what says its place: the next page begins after it. */
export interface Placed<T> {
  readonly item: T;
  readonly place: readonly unknown[];
}

/** What a list is limited to, besides its page: a cursor is good for the same filter only. */
type Filter = Readonly<Record<string, string | undefined>>;

/**
 * The page of what was found with the filter. The caller asks for one row more than fits, which tells that there is a next
 * page.
 */
export function toPage<T>(found: readonly Placed<T>[], limit: number, filter: Filter): Page<T> {
  const shown = found.slice(0, limit);
  const items = shown.map(({ item }) => item);
  const last = shown.at(-1);
  return found.length > limit && last !== undefined
    ? { items, next: cursorOf(last.place, filter) }
    : { items };
}

/** Opaque to clients, so that the order of a list may change. */
const cursorOf = (place: readonly unknown[], filter: Filter): string =>
  Buffer.from(JSON.stringify([digestOf(filter), place])).toString('base64url');

function digestOf(filter: Filter): string {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return createHash('sha256')
    .update(JSON.stringify(given.sort()))
    .digest('base64url')
    .slice(0, DIGEST_LENGTH);
}

/** The place that a cursor names. Throws ApiError CURSOR_INVALID (400). */
export function placeAfter<S extends z.ZodType>(
  schema: S,
  cursor: string | undefined,
  filter: Filter,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  const place = z.tuple([z.literal(digestOf(filter)), schema]).safeParse(parsed(cursor));
  if (place.success) return place.data[1] as z.output<S>;
  throw new ApiError({
    status: 400,
    code: 'CURSOR_INVALID',
    message: 'after is no cursor of this list with these filters.',
    hint: 'Send the `next` of the page before with the same filters, or leave `after` out to begin anew.',
  });
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
