import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { SimulatedContainer } from './simulated-container.js';
import type { SimulatedNode } from './simulated-node.js';

const VERSION = { Version: '29.0.1', ApiVersion: '1.47', Os: 'linux', Components: [{ Name: 'Engine' }] };

const IMAGE = { Id: 'sha256:1', RepoTags: ['load:1'], Created: 0, Size: 12_000_000, Labels: null };
const RootFS = { Type: 'layers', Layers: ['1', '2', '3'].map((digit) => `sha256:${digit.repeat(64)}`) };

/** The engines of many nodes: the part of Docker's API that an agent asks. 501 to all else. */
export class NodeEngines {
  private readonly nodes = new WeakMap<object, SimulatedNode>();
  private readonly server = createServer((request, response) => this.answer(request, response));

  /** Serves one connection to the engine of this node. */
  serve(stream: Duplex, node: SimulatedNode): void {
    this.nodes.set(stream, node);
    stream.on('error', () => stream.destroy());
    this.server.emit('connection', stream);
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const node = this.nodes.get(request.socket);
    const path = new URL(String(request.url), 'http://engine').pathname.replace(/^\/v[\d.]+/, '');
    if (node === undefined) return this.send(response, 500, { message: 'a connection to no node' });
    // Nothing ever happens to these containers: the stream stays open, and empty.
    if (path === '/events') return void response.writeHead(200).flushHeaders();
    const [, id] = /^\/containers\/([0-9a-f]{64})\/json$/.exec(path) ?? [];
    if (id !== undefined) return this.inspect(response, node.containers.get(id));
    if (path === `/images/${IMAGE.Id}/json`) return this.send(response, 200, { ...IMAGE, RootFS });
    const body = answersOf(node)[path];
    if (body === undefined) return this.send(response, 501, { message: `not simulated: ${path}` });
    this.send(response, 200, body());
  }

  private inspect(response: ServerResponse, container: SimulatedContainer | undefined): void {
    if (container === undefined) return this.send(response, 404, { message: 'no such container' });
    this.send(response, 200, {
      ...{
        Id: container.id,
        Name: `/${container.name}`,
        RestartCount: 0,
        Created: new Date(0).toISOString(),
      },
      Config: { Image: 'load', Labels: container.labels },
      State: {
        ...{ Running: true, Restarting: false, Status: 'running', Pid: container.pid, ExitCode: 0 },
        ...{ OOMKilled: false, StartedAt: new Date(0).toISOString(), FinishedAt: '0001-01-01T00:00:00Z' },
      },
    });
  }

  private send(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}

const answersOf = (node: SimulatedNode): Readonly<Record<string, () => unknown>> => ({
  '/_ping': () => 'OK',
  '/version': () => VERSION,
  '/info': () => ({
    ...{ NCPU: 4, MemTotal: 16_777_216_000, Name: node.name, ServerVersion: VERSION.Version },
    ...{ DockerRootDir: '/var/lib/docker', Architecture: 'x86_64', CgroupVersion: '2' },
  }),
  '/containers/json': () =>
    [...node.containers.values()].map(({ id, name, labels }) => ({
      ...{ Id: id, Names: [`/${name}`], Image: 'load', State: 'running', Status: 'Up 2 hours' },
      ...{ Created: 0, Labels: labels },
    })),
  '/images/json': () => [IMAGE],
});
