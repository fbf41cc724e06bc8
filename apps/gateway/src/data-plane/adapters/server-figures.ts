import type { Carrying, Place } from '../domain/carrying.js';
import type { ServerFigures } from '../domain/server-figures.js';
import type { RuntimeApi } from './runtime-api.js';
import { SHOW_SERVERS, showServer, type StatLine, statLines } from './show-stat.js';

interface Carried {
  readonly carrying: Carrying;
  readonly places: ReadonlyMap<string, Place>;
  /** Of the worker, whose figures begin at zero. */
  readonly generation: string;
}

/** The figures of every server that is carried, under the names of instances. */
export async function figuresOf(
  api: RuntimeApi,
  { carrying, places, generation }: Carried,
): Promise<readonly ServerFigures[]> {
  const takenOut = [...places.values()].filter((place) => isOut(carrying, place));
  const commands = [SHOW_SERVERS, ...takenOut.map(({ backend, slot }) => showServer(backend, slot))];
  const answers = await api.askAll(commands);
  const lines = new Map(answers.flatMap(statLines).map((line) => [keyOf(line), line]));
  return [...places].flatMap(([name, place]) => {
    const line = lines.get(keyOf(place));
    return line === undefined ? [] : [figuresIn(name, `${generation} ${keyOf(place)}`, line)];
  });
}

const keyOf = ({ backend, slot }: Place): string => `${backend}/${slot}`;

const isOut = ({ backends }: Carrying, { backend, slot }: Place): boolean =>
  backends.get(backend)?.slots.get(slot)?.server.state === 'drain';

const figuresIn = (
  name: string,
  source: string,
  { backend: _b, slot: _s, ...figures }: StatLine,
): ServerFigures => ({
  ...{ name, source },
  ...figures,
});
