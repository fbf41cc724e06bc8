import type { Dependency } from './dependencies.js';

export type Interface = 'wsgi' | 'asgi';

/** What a server is to serve. */
export interface Target {
  /** `app:app`, or `app:create_app` where it is a factory. */
  readonly name: string;
  readonly isFactory: boolean;
  readonly speaks: Interface;
}

interface Server {
  readonly name: string;
  /** The package that brings it; its own name where it is left out. */
  readonly package?: string;
  readonly speaks: readonly Interface[];
  command(target: Target, port: number): readonly string[];
}

/** With the call, as gunicorn and hypercorn want a factory. */
const called = ({ name, isFactory }: Target): string => (isFactory ? `${name}()` : name);
const flagged = ({ name, isFactory }: Target, flag: string): readonly string[] => [
  ...(isFactory ? [flag] : []),
  name,
];

/** In the order in which they are chosen. */
const SERVERS: readonly Server[] = [
  {
    name: 'gunicorn',
    speaks: ['wsgi'],
    command: (target, port) => ['gunicorn', '--bind', `0.0.0.0:${port}`, called(target)],
  },
  {
    name: 'uvicorn',
    speaks: ['asgi'],
    command: (target, port) => [
      'uvicorn',
      '--host',
      '0.0.0.0',
      '--port',
      `${port}`,
      ...flagged(target, '--factory'),
    ],
  },
  {
    name: 'hypercorn',
    speaks: ['asgi', 'wsgi'],
    command: (target, port) => ['hypercorn', '--bind', `0.0.0.0:${port}`, called(target)],
  },
  {
    name: 'waitress',
    speaks: ['wsgi'],
    command: (target, port) => ['waitress-serve', `--listen=0.0.0.0:${port}`, ...flagged(target, '--call')],
  },
  {
    name: 'granian',
    speaks: ['asgi', 'wsgi'],
    command: (target, port) => [
      ...['granian', '--interface', target.speaks, '--host', '0.0.0.0', '--port', `${port}`],
      ...flagged(target, '--factory'),
    ],
  },
  {
    name: 'daphne',
    speaks: ['asgi'],
    command: ({ name }, port) => ['daphne', '-b', '0.0.0.0', '-p', `${port}`, name],
  },
];

/** Packages that bring a server: by themselves, or with one of these extras. */
const BRINGS: readonly (readonly [name: string, server: string, extras: readonly string[]])[] = [
  ['fastapi', 'uvicorn', ['standard', 'all']],
  ['litestar', 'uvicorn', ['standard', 'full']],
  ['uvicorn-worker', 'uvicorn', []],
  ['fastapi-cli', 'uvicorn', []],
  ['quart', 'hypercorn', []],
  ['channels', 'daphne', ['daphne']],
];

const isBrought = (server: string, dependencies: readonly Dependency[]): boolean =>
  BRINGS.some(
    ([name, brought, extras]) =>
      brought === server &&
      dependencies.some(
        (each) =>
          each.name === name && (extras.length === 0 || each.extras.some((extra) => extras.includes(extra))),
      ),
  );

/** The server among the dependencies that can serve it. */
export function serverAmong(
  dependencies: readonly Dependency[],
  target: Pick<Target, 'speaks' | 'isFactory'>,
): Server | undefined {
  const names = new Set(dependencies.map(({ name }) => name));
  return SERVERS.filter(({ speaks }) => speaks.includes(target.speaks))
    .filter(({ name }) => !(target.isFactory && name === 'daphne'))
    .find(({ name }) => names.has(name) || isBrought(name, dependencies));
}

/** What is installed where a source names no server of its own: those of development are not made to be served by. */
const ADDED: Readonly<Record<Interface, string>> = { wsgi: 'gunicorn==27.0.1', asgi: 'uvicorn==0.54.0' };

export interface AddedServer {
  readonly server: Server;
  /** `gunicorn==27.0.1` */
  readonly requirement: string;
}

export function serverToAdd(speaks: Interface): AddedServer {
  const requirement = ADDED[speaks];
  const server = SERVERS.find(({ name }) => requirement.startsWith(`${name}==`));
  if (server === undefined) throw new Error(`no server is named ${requirement}`);
  return { server, requirement };
}
