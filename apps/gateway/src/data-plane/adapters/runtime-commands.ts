import type { Place } from '../domain/carrying.js';
import { DataPlaneError } from '../domain/data-plane-error.js';
import type { Operation } from '../domain/operations.js';
import type { WantedServer } from '../domain/wanted.js';
import { serverName } from './haproxy-config.js';
import type { filesIn } from './haproxy-settings.js';
import type { RuntimeApi } from './runtime-api.js';

/** A command, and what its answer must be: HAProxy says what went wrong in the answer alone. */
interface Command {
  readonly text: string;
  readonly expected: RegExp;
}

/** The files of the maps, by which HAProxy knows them. */
type MapFiles = Pick<ReturnType<typeof filesIn>, 'routes' | 'options' | 'marks'>;

const NOTHING = /^$/;
const ADDRESS_SET = /^(IP changed|port changed|no need to change)/;

/**
 * Carries the operations out, all in one write. Throws DataPlaneError HAPROXY_REFUSED with the first command that was
 * refused and the answer to it; the other commands were carried out then.
 */
export async function carryOut(
  api: RuntimeApi,
  operations: readonly Operation[],
  files: MapFiles,
): Promise<void> {
  const commands = operations.flatMap((operation) => commandsOf(operation, files));
  const answers = await api.askAll(commands.map(({ text }) => text));
  const refused = commands.findIndex(({ expected }, index) => !expected.test(answers[index] ?? ''));
  if (refused >= 0)
    throw new DataPlaneError(
      'HAPROXY_REFUSED',
      `HAProxy refused "${commands[refused]?.text}": ${answers[refused]}`,
    );
}

function commandsOf(
  operation: Operation,
  { routes: routesFile, options, marks }: MapFiles,
): readonly Command[] {
  switch (operation.kind) {
    case 'place':
      return placing(operation.at, operation.server);
    case 'weigh':
      return [quiet(`set server ${pathOf(operation.at)} weight ${operation.weight}`)];
    case 'bound':
      return [bounding(operation.at, operation.mostInFlight)];
    case 'switch':
      return [switching(operation.at, operation.to)];
    case 'add-route':
      return [quiet(`add map ${routesFile} ${operation.key} ${operation.target}`)];
    case 'set-route':
      return [quiet(`set map ${routesFile} ${operation.key} ${operation.target}`)];
    case 'remove-route':
      return [quiet(`del map ${routesFile} ${operation.key}`)];
    case 'mark':
      return marking(marks[operation.mark], operation);
    case 'add-options':
      return [quiet(`add map ${options} ${operation.backend} ${operation.options}`)];
    case 'set-options':
      return [quiet(`set map ${options} ${operation.backend} ${operation.options}`)];
    case 'remove-options':
      return [quiet(`del map ${options} ${operation.backend}`)];
  }
}

const quiet = (text: string): Command => ({ text, expected: NOTHING });
const pathOf = ({ backend, slot }: Place): string => `${backend}/${serverName(slot)}`;

const bounding = (at: Place, mostInFlight: number): Command =>
  quiet(`set maxconn server ${pathOf(at)} ${mostInFlight}`);

/** Whether the map has the key already is not known where nobody says so: it goes first. */
const marking = (
  file: string,
  { backend, value, isThere }: Extract<Operation, { readonly kind: 'mark' }>,
): readonly Command[] =>
  isThere === true
    ? [quiet(`set map ${file} ${backend} ${value}`)]
    : [
        { text: `del map ${file} ${backend}`, expected: /^(|Key not found\.)$/i },
        ...(value === undefined ? [] : [quiet(`add map ${file} ${backend} ${value}`)]),
      ];

const placing = (
  at: Place,
  { address, port, weight, state, mostInFlight = 0 }: WantedServer,
): readonly Command[] => [
  { text: `set server ${pathOf(at)} addr ${address} port ${port}`, expected: ADDRESS_SET },
  quiet(`set server ${pathOf(at)} weight ${weight}`),
  // Whoever had the place before may have left its bound.
  bounding(at, mostInFlight),
  switching(at, state),
];

/** Maintenance, not HAProxy's own drain: that one goes on for clients that name the server by a cookie. */
const switching = (at: Place, to: WantedServer['state']): Command =>
  quiet(`set server ${pathOf(at)} state ${to === 'ready' ? 'ready' : 'maint'}`);

/** Which of these places no request is in flight at. */
export async function goneOf(api: RuntimeApi, places: readonly Place[]): Promise<readonly Place[]> {
  const backends = [...new Set(places.map(({ backend }) => backend))];
  const answers = await api.askAll(backends.map((backend) => `show servers conn ${backend}`));
  const used = new Map(answers.flatMap((answer) => [...usedOf(answer)]));
  return places.filter((place) => used.get(pathOf(place)) === 0);
}

/** Of `backend/server ids address port - purge_delay used_cur ...`: the connections in use, by backend/server. */
function usedOf(answer: string): ReadonlyMap<string, number> {
  const [head = '', ...lines] = answer.split('\n');
  const column = head.replace(/^#\s*/, '').split(/\s+/).indexOf('used_cur');
  return new Map(
    lines.map((line) => {
      const fields = line.split(/\s+/);
      return [fields[0] ?? '', Number(fields[column])] as const;
    }),
  );
}
