import type { Carrying } from '../domain/carrying.js';
import { type Mark, markTable, optionTable, routeTable } from '../domain/operations.js';

/** The whole of routes.map: a key and a target a line. */
export const routesMap = (carrying: Carrying): string => mapOf(routeTable(carrying));

/** The whole of options.map: a backend and its options a line. */
export const optionsMap = (carrying: Carrying): string => mapOf(optionTable(carrying));

/** The whole of the map of a mark: a backend and its value a line. */
export const marksMap = (carrying: Carrying, mark: Mark): string => mapOf(markTable(carrying, mark));

const mapOf = (table: ReadonlyMap<string, string>): string =>
  [...table]
    .map(([key, value]) => `${key} ${value}\n`)
    .toSorted()
    .join('');
