import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { bodyOf, checkQuery, json, type Route } from './call.js';
import { containerRoutes } from './container-routes.js';
import { Containers } from './containers.js';
import { EngineAnswer, notSimulated } from './engine-error.js';
import { conditionsSchema, Faults } from './faults.js';
import { imageRoutes } from './image-routes.js';
import { Images } from './images.js';
import { RegistryClient } from './registry-client.js';

interface SimulatorOptions {
  readonly socketPaths: readonly string[];
  readonly name: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Names of images that are there from the start. */
  readonly images: readonly string[];
  /** The authority of the registries' certificates. */
  readonly registryCaFile?: string;
}

export interface Simulator {
  close(): Promise<void>;
}

const API_VERSION = '1.41';
const VERSION = '20.10.0-simulated';
/** Not of the engine: what tests ask and tell the simulator itself. */
const CONTROL = '/_simulator/';

/** A Docker engine without Docker: the API that libs/engine uses, on unix sockets, with all state in memory. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const images = new Images();
  for (const [index, name] of options.images.entries())
    images.add({ id: `sha256:${String(index).padStart(64, '0')}`, labels: {} }, name);
  const containers = new Containers(options.cpus, (ref) => images.get(ref));
  const registry = new RegistryClient(options.registryCaFile);
  const engine = new Answering(
    [
      ...systemRoutes(options),
      ...containerRoutes(containers),
      ...imageRoutes({ images, containers, registry }),
    ],
    () => ({ ...containers.counts(), images: images.list().length }),
  );
  const servers = await Promise.all(options.socketPaths.map((path) => listen(path, engine)));
  return {
    async close() {
      for (const container of containers.list([], true)) containers.remove(container);
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
      await registry.close();
    },
  };
}

async function listen(path: string, engine: Answering): Promise<ReturnType<typeof createServer>> {
  rmSync(path, { force: true });
  const server = createServer((request, response) => void engine.answer(request, response));
  // As dockerd has it: a connection that is kept is never closed for being idle.
  server.keepAliveTimeout = 0;
  // A session of BuildKit: its client offers logins that nobody here asks for.
  server.on('upgrade', (_request, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    socket.on('end', () => socket.end());
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

function systemRoutes({ name, cpus, memoryBytes }: SimulatorOptions): readonly Route[] {
  return [
    {
      ...{ name: 'ping', method: 'GET', path: /^\/_ping$/, query: [] },
      handle: ({ response }) =>
        void response.writeHead(200, { 'api-version': API_VERSION, ostype: 'linux' }).end('OK'),
    },
    {
      ...{ name: 'version', method: 'GET', path: /^\/version$/, query: [] },
      handle: ({ response }) =>
        json(response, 200, { Version: VERSION, ApiVersion: API_VERSION, Os: 'linux', Arch: 'amd64' }),
    },
    {
      ...{ name: 'info', method: 'GET', path: /^\/info$/, query: [] },
      handle: ({ response }) =>
        json(response, 200, {
          NCPU: cpus,
          MemTotal: memoryBytes,
          Name: name,
          ServerVersion: VERSION,
          DockerRootDir: '/',
          Architecture: 'x86_64',
        }),
    },
  ];
}

/** From a request to its route, through the faults. */
class Answering {
  private readonly faults = new Faults();
  private readonly calls: Record<string, number> = {};

  constructor(
    private readonly routes: readonly Route[],
    private readonly counts: () => Readonly<Record<string, number>>,
  ) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '', 'http://engine');
      if (url.pathname.startsWith(CONTROL)) return await this.control(request, response, url.pathname);
      const path = url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, '');
      const what = `${request.method} ${path}`;
      const route = this.routes.find((one) => one.method === request.method && one.path.test(path));
      if (route === undefined) throw notSimulated(what);
      checkQuery(route, url.searchParams);
      this.calls[route.name] = (this.calls[route.name] ?? 0) + 1;
      const met = await this.faults.meet(route.name);
      if (met === 'cut') return void request.socket.destroy();
      if (met === 'hang') return;
      const subject = decodeURIComponent(route.path.exec(path)?.[1] ?? '');
      await route.handle({ request, response, subject, query: url.searchParams });
    } catch (error) {
      refuse(request, response, error);
    }
  }

  /** GET `state`: what there is, and how often each call was made. POST `conditions`: latency and faults from now on. */
  private async control(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const what = `${request.method} ${path.slice(CONTROL.length)}`;
    if (what === 'GET state') return json(response, 200, { ...this.counts(), calls: this.calls });
    if (what !== 'POST conditions') throw notSimulated(what);
    const conditions = conditionsSchema.safeParse(await bodyOf(request));
    if (!conditions.success) throw new EngineAnswer(400, conditions.error.message);
    this.faults.set(conditions.data);
    json(response, 200, conditions.data);
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // What was not read would stand before the next request of the connection.
  request.resume();
  const status = error instanceof EngineAnswer ? error.status : 500;
  const message = error instanceof Error ? error.message : String(error);
  if (response.headersSent) response.destroy();
  else json(response, status, { message });
}
