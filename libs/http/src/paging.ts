import type { Page } from '#libs/contracts';
import type { z } from 'zod';
import { ApiError } from './api-error.js';

/** A row of a list, with what says its place: the next page begins after it. */
export interface Placed<T> {
  readonly item: T;
  readonly place: readonly unknown[];
}

/** The page of what was found. The caller asks for one row more than fits, which tells that there is a next page. */
export function toPage<T>(found: readonly Placed<T>[], limit: number): Page<T> {
  const shown = found.slice(0, limit);
  const items = shown.map(({ item }) => item);
  const last = shown.at(-1);
  return found.length > limit && last !== undefined ? { items, next: cursorOf(last.place) } : { items };
}

/** Opaque to clients, so that the order of a list may change. */
const cursorOf = (place: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** The place that a cursor names. Throws ApiError CURSOR_INVALID (400). */
export function placeAfter<S extends z.ZodType>(
  schema: S,
  cursor: string | undefined,
): z.output<S> | undefined {
  if (cursor === undefined) return undefined;
  const place = schema.safeParse(parsed(cursor));
  if (place.success) return place.data;
  throw new ApiError({
    status: 400,
    code: 'CURSOR_INVALID',
    message: 'after is no cursor of this list.',
    hint: 'Send the `next` of the page before, or leave `after` out to begin anew.',
  });
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}
