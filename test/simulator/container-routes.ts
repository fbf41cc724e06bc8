import { z } from 'zod';
import { bodyOf, type Call, empty, flag, json, type Route } from './call.js';
import { type Container, type LogLine, signalNumber } from './container.js';
import { type Containers, createFields } from './containers.js';
import { EngineAnswer, notSimulated } from './engine-error.js';
import { labelFilters } from './label-filters.js';

const DEFAULT_GRACE_SECONDS = 10;

/** Every call about containers that libs/engine makes. */
export function containerRoutes(containers: Containers): readonly Route[] {
  const of = ({ subject }: Call): Container => containers.find(subject);
  const at = (action: string): RegExp => new RegExp(`^/containers/([^/]+)${action}$`);
  return [
    {
      ...{ name: 'containers.list', method: 'GET', path: /^\/containers\/json$/, query: ['all', 'filters'] },
      handle: ({ response, query }) => {
        const { label } = labelFilters(query);
        json(response, 200, containers.list(label, flag(query, 'all')).map(listed));
      },
    },
    {
      ...{ name: 'containers.create', method: 'POST', path: /^\/containers\/create$/, query: createFields },
      async handle({ request, response, query }) {
        const { id } = containers.create(query.get('name') ?? '', await bodyOf(request));
        json(response, 201, { Id: id, Warnings: [] });
      },
    },
    {
      ...{ name: 'containers.inspect', method: 'GET', path: at('/json'), query: [] },
      handle: (call) => json(call.response, 200, inspected(of(call))),
    },
    {
      ...{ name: 'containers.start', method: 'POST', path: at('/start'), query: [] },
      async handle(call) {
        const container = of(call);
        if (container.running) return empty(call.response, 304);
        await containers.start(container);
        empty(call.response, 204);
      },
    },
    {
      ...{ name: 'containers.kill', method: 'POST', path: at('/kill'), query: ['signal'] },
      handle: (call) => kill(of(call), call),
    },
    {
      ...{ name: 'containers.stop', method: 'POST', path: at('/stop'), query: ['t'] },
      async handle(call) {
        const container = of(call);
        const isUp = container.running || container.status === 'restarting';
        if (isUp) await container.stop(Number(call.query.get('t') ?? DEFAULT_GRACE_SECONDS) * 1_000);
        empty(call.response, isUp ? 204 : 304);
      },
    },
    {
      ...{ name: 'containers.wait', method: 'POST', path: at('/wait'), query: ['condition'] },
      handle: (call) => wait(of(call), call),
    },
    {
      ...{ name: 'events', method: 'GET', path: /^\/events$/, query: ['since', 'filters'] },
      handle: ({ response, query }) => containers.events.follow(response, eventActions(query)),
    },
    {
      ...{ name: 'containers.logs', method: 'GET', path: at('/logs') },
      query: ['stdout', 'stderr', 'tail', 'follow'],
      handle: (call) => logs(of(call), call),
    },
    {
      ...{
        name: 'containers.remove',
        method: 'DELETE',
        path: /^\/containers\/([^/]+)$/,
        query: ['force', 'v'],
      },
      handle(call) {
        const container = of(call);
        if (container.running && !flag(call.query, 'force'))
          throw new EngineAnswer(
            409,
            `You cannot remove a running container ${container.id}. Stop the container before attempting removal or force remove`,
          );
        containers.remove(container);
        empty(call.response, 204);
      },
    },
  ];
}

function kill(container: Container, { subject, query, response }: Call): void {
  const signal = query.get('signal') ?? 'SIGKILL';
  if (signalNumber(signal) === undefined) throw new EngineAnswer(400, `Invalid signal: ${signal}`);
  if (!container.running)
    throw new EngineAnswer(
      409,
      `Cannot kill container: ${subject}: Container ${container.id} is not running`,
    );
  container.signal(signal);
  empty(response, 204);
}

/** The head of the answer comes at once, its body when the container has ended. */
async function wait(container: Container, { query, response }: Call): Promise<void> {
  const condition = query.get('condition') ?? 'not-running';
  if (condition !== 'not-running') throw notSimulated(`waiting for ${condition}`);
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  await container.notRunning();
  response.end(JSON.stringify({ StatusCode: container.exitCode }));
}

const eventFilters = z.strictObject({
  type: z.tuple([z.literal('container')]),
  // No memory runs out here, and nothing is changed or checked by the engine: nobody is ever told of that.
  // Podman's names of two of them come along.
  event: z.array(
    z.enum([
      ...['start', 'restart', 'die', 'died', 'destroy', 'remove', 'oom'],
      ...['health_status', 'update', 'rename', 'unpause'],
    ] as const),
  ),
});

/** The actions asked for. Only from the first that is remembered on. */
function eventActions(query: URLSearchParams): ReadonlySet<string> {
  const filters = eventFilters.safeParse(JSON.parse(query.get('filters') ?? '{}'));
  if (!filters.success || query.get('since') !== '1') throw notSimulated(`events by ${query.toString()}`);
  return new Set(filters.data.event);
}

async function logs(container: Container, { query, response }: Call): Promise<void> {
  const tail = query.get('tail') ?? 'all';
  const lines = container.lines.filter(({ stream }) => flag(query, stream));
  const wanted = tail === 'all' ? lines : lines.slice(Math.max(0, lines.length - Number(tail)));
  response.writeHead(200, { 'content-type': 'application/vnd.docker.raw-stream' });
  response.write(Buffer.concat(wanted.map(framed)));
  if (flag(query, 'follow')) {
    response.flushHeaders();
    const unfollow = container.onLine((line) => flag(query, line.stream) && response.write(framed(line)));
    response.once('close', unfollow);
    await container.notRunning();
  }
  response.end();
}

/** One byte of stream, three of zero, four of length. */
function framed({ stream, text }: LogLine): Buffer {
  const line = Buffer.from(`${text}\n`);
  const head = Buffer.from([stream === 'stdout' ? 1 : 2, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(line.length, 4);
  return Buffer.concat([head, line]);
}

function inspected(container: Container): object {
  const { config, status, running, exitCode } = container;
  return {
    Id: container.id,
    Name: `/${config.name}`,
    Created: container.createdAt,
    Image: config.imageId,
    RestartCount: container.restartCount,
    Config: { Image: config.image, Labels: config.labels, Env: config.env },
    HostConfig: { RestartPolicy: { Name: container.restartPolicy, MaximumRetryCount: 0 } },
    State: {
      Status: status,
      Pid: container.pid,
      // As the engine has it: one that is about to be started again counts as running.
      Running: running || status === 'restarting',
      ...{ Paused: false, Restarting: status === 'restarting', OOMKilled: false, Dead: false },
      ExitCode: running ? 0 : exitCode,
      StartedAt: container.startedAt,
      FinishedAt: container.finishedAt,
    },
  };
}

/** As the engine words it, as far as anybody reads it. */
function statusText({ status, startedAt }: Container): string {
  if (status === 'restarting') return 'Restarting (1) Less than a second ago';
  if (status !== 'running') return status;
  const seconds = Math.floor((Date.now() - Date.parse(startedAt)) / 1000);
  return seconds < 60 ? `Up ${seconds} seconds` : 'Up About a minute';
}

function listed(container: Container): object {
  const { config, id, status, createdAt } = container;
  return {
    Id: id,
    Names: [`/${config.name}`],
    Image: config.image,
    ImageID: config.imageId,
    Created: Math.floor(Date.parse(createdAt) / 1000),
    State: status,
    Status: statusText(container),
    Labels: config.labels,
  };
}
