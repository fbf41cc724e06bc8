import { partsOfPath } from '#libs/contracts';
import type { WantedRoute } from './wanted.js';

const FIELDS = ':';
const VALUES = '|';
/** Base64, so that no value means anything to HAProxy's files and commands. */
const coded = (text: string): string => btoa(text);

type Options = Pick<WantedRoute, 'path' | 'strip' | 'headers' | 'timeoutMs'>;

/**
 * Where a route leads and how, as one value of HAProxy's map: so all of it changes at once, while it runs. The backend; how
 * many parts of the path are taken off, and that path; milliseconds for the answer; a value for each of the header `names`.
 * What follows the last one that is set is left out.
 */
export function targetOf(
  backend: string,
  { path, strip = false, headers = {}, timeoutMs }: Options,
  names: readonly string[],
): string {
  const values = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), coded(value)]));
  const fields = [
    backend,
    ...(strip ? [String(partsOfPath(path)), coded(path)] : ['', '']),
    timeoutMs === undefined ? '' : String(timeoutMs),
    withoutEnd(
      names.map((name) => values.get(name) ?? ''),
      VALUES,
    ),
  ];
  return withoutEnd(fields, FIELDS);
}

const withoutEnd = (fields: readonly string[], separator: string): string =>
  fields.slice(0, fields.findLastIndex((field) => field !== '') + 1).join(separator);

/** The backend of a target. */
export const backendOf = (target: string): string => target.split(FIELDS, 1)[0] ?? '';

/** The header names of all routes, in lower case and in order, each once. */
export const headerNamesOf = (routes: readonly Pick<WantedRoute, 'headers'>[]): readonly string[] =>
  [
    ...new Set(routes.flatMap(({ headers = {} }) => Object.keys(headers)).map((name) => name.toLowerCase())),
  ].toSorted();
