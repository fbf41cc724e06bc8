import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Controller, Headers, Inject, Req, Res } from '@nestjs/common';
import { type InputOf, nodeManagerRoutes as routes, watchQuerySchema } from '#libs/contracts';
import { ApiError, Input, parseInput, Serves } from '#libs/http';
import { WATCHES, type Watcher, type Watches } from './ports.js';

/** As fastify has it. */
interface Reply {
  readonly raw: ServerResponse;
  /** From now on the answer is ours. */
  hijack(): unknown;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would gather what belongs to the client at once.
  'x-accel-buffering': 'no',
};

/** Changes of the registry as they come. */
@Controller()
export class WatchController {
  constructor(@Inject(WATCHES) private readonly watches: Watches) {}

  @Serves(routes.watch)
  watch(
    @Input() { query }: InputOf<typeof routes.watch>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() { method }: { readonly method: string },
    @Res() reply: Reply,
  ): Promise<void> {
    const { revision, ...filter } = query;
    const since = revisionOf(lastEventId) ?? revision;
    const { raw } = reply;
    if (method === 'HEAD') {
      reply.hijack();
      raw.writeHead(200, HEADERS).end();
      return Promise.resolve();
    }
    const watcher = watcherOf(raw);
    const begun = this.watches.watch(watcher, { ...filter, since });
    if (begun === 'busy') throw tooMany();
    if (begun === 'ending') throw ending();
    // What it begins with is written already: nobody else is to answer.
    reply.hijack();
    return Promise.resolve();
  }
}

/** A browser that connects again sends the address of the first time, too: the header is newer. */
function revisionOf(lastEventId: string | undefined): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined;
  const { revision } = watchQuerySchema.shape;
  const asked = watchQuerySchema.pick({ revision: true }).extend({ 'Last-Event-ID': revision });
  return parseInput(asked, { 'Last-Event-ID': lastEventId })['Last-Event-ID'];
}

function watcherOf(raw: ServerResponse): Watcher {
  const gone = new AbortController();
  const leave = (): void => gone.abort(new Error('the client has gone'));
  raw.once('close', leave).on('error', leave);
  if (raw.destroyed) leave();
  return {
    closed: gone.signal,
    end: () => raw.end(),
    cutOff: () => raw.destroy(),
    write(text) {
      // Headers leave with the first text.
      if (!raw.headersSent) raw.writeHead(200, HEADERS);
      return raw.write(text);
    },
    drained: async (signal) => void (await once(raw, 'drain', { signal })),
  };
}

const tooMany = (): ApiError =>
  new ApiError({
    status: 503,
    code: 'WATCHES_BUSY',
    message: 'Too many clients watch the registry at this node manager.',
    hint: 'End one of them, or watch at another replica.',
  });

const ending = (): ApiError =>
  new ApiError({
    status: 503,
    code: 'UNAVAILABLE',
    message: 'The app is ending.',
    hint: 'Watch at another replica, with the last id that you have.',
  });
