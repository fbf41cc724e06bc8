import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { Controller, Inject, Req, Res } from '@nestjs/common';
import { deployerRoutes as routes, type InputOf, type InstanceDetails } from '#libs/contracts';
import { ApiError, Input, Serves } from '#libs/http';
import { unknownService } from '../services/unknown-service.http.js';
import { toTaskError } from '../task/domain/task-error.js';
import { INSTANCE_LOGS, type InstanceLogs } from './ports.js';

/** As fastify has it. */
interface Reply {
  readonly raw: ServerResponse;
  /** From now on the answer is ours. */
  hijack(): unknown;
}

/** What runs of a service, and what it says. */
@Controller()
export class InstancesController {
  constructor(@Inject(INSTANCE_LOGS) private readonly logs: InstanceLogs) {}

  @Serves(routes.instances)
  async list(@Input() { params }: InputOf<typeof routes.instances>): Promise<InstanceDetails[]> {
    const found = await this.logs.instances(params);
    if (found === undefined) throw unknownService(params);
    return found;
  }

  @Serves(routes.instanceLog)
  async log(
    @Input() { params, query }: InputOf<typeof routes.instanceLog>,
    @Req() { method }: { readonly method: string },
    @Res() reply: Reply,
  ): Promise<void> {
    const { instance, ...of } = params;
    const log = await this.logs.open(of, instance, query).catch(refuse);
    if (log === 'busy') throw tooMany();
    if (log === 'unknown') throw unknownInstance(instance, of);
    reply.hijack();
    // Whoever asked may have gone meanwhile: the log must not stay open for nobody.
    if (reply.raw.destroyed) return void log.destroy();
    // A log that is followed has no end, and whoever sends HEAD takes no line of it.
    if (method === 'HEAD') log.destroy();
    reply.raw.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    // At once: an instance may have nothing to say for hours. An error cuts the answer off.
    reply.raw.flushHeaders();
    if (method === 'HEAD') reply.raw.end();
    else pipeline(log, reply.raw, () => undefined);
  }
}

const unknownInstance = (
  instance: string,
  of: { readonly appId: string; readonly service: string },
): ApiError =>
  new ApiError({
    status: 404,
    code: 'INSTANCE_NOT_FOUND',
    message: `${of.appId}/${of.service} has no instance ${instance}.`,
    hint: `See which there are: slipway status ${of.appId}`,
  });

const tooMany = (): ApiError =>
  new ApiError({
    status: 503,
    code: 'LOGS_BUSY',
    message: 'This deployer follows as many logs as it may.',
    hint: 'End one of them, or ask without follow.',
  });

/** What the node or its engine did not do, in the words of a reply. */
function refuse(error: unknown): never {
  const { code, message, hint } = toTaskError('read-log', error);
  if (code === 'INTERNAL') throw error;
  throw new ApiError({ status: 502, code, message, hint }, { cause: error });
}
