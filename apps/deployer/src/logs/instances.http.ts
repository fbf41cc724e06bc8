import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Res, UseGuards } from '@nestjs/common';
import { appIdSchema, printable, serviceNameSchema } from '#libs/contracts';
import { ApiError, NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import { toTaskError } from '../task/domain/task-error.js';
import { INSTANCE_LOGS, type InstanceLogs, type KnownInstance } from './ports.js';

const ofService = z.strictObject({ appId: appIdSchema, service: serviceNameSchema });
const ofInstance = ofService.extend({ instance: printable(200) });
const MOST_LINES = 10_000;
const wishes = z.strictObject({
  tail: z.coerce.number().int().min(0).max(MOST_LINES).default(100),
  follow: z.stringbool().default(false),
});

/** As fastify has it. */
interface Reply {
  readonly raw: ServerResponse;
  /** From now on the answer is ours. */
  hijack(): unknown;
}

/** What runs of a service, and what it says. */
@Controller('v1/apps/:appId/services/:service/instances')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class InstancesController {
  constructor(@Inject(INSTANCE_LOGS) private readonly logs: InstanceLogs) {}

  @Get()
  async list(@Param() params: unknown): Promise<readonly KnownInstance[]> {
    const of = parseInput(ofService, params);
    const found = await this.logs.instances(of);
    if (found !== undefined) return found;
    const message = `There is no service ${of.appId}/${of.service}.`;
    throw notFound('SERVICE_UNKNOWN', message, `See which there are: slipway releases ${of.appId}`);
  }

  @Get(':instance/logs')
  async log(@Param() params: unknown, @Query() query: unknown, @Res() reply: Reply): Promise<void> {
    const { instance, ...of } = parseInput(ofInstance, params);
    const log = await this.logs.open(of, instance, parseInput(wishes, query)).catch(refuse);
    if (log === 'busy') throw tooMany();
    if (log === 'unknown') {
      const message = `${of.appId}/${of.service} has no instance ${instance}.`;
      throw notFound('INSTANCE_NOT_FOUND', message, `See which there are: slipway status ${of.appId}`);
    }
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
    // At once: an instance may have nothing to say for hours. An error cuts the answer off.
    reply.raw.flushHeaders();
    pipeline(log, reply.raw, () => undefined);
  }
}

const notFound = (code: string, message: string, hint: string): ApiError =>
  new ApiError({ status: 404, code, message, hint });

const tooMany = (): ApiError =>
  new ApiError({
    status: 503,
    code: 'LOGS_BUSY',
    message: 'This deployer follows as many logs as it can.',
    hint: 'Stop following one of them, or call without follow.',
  });

/** What the node or its engine did not do, in the words of a reply. */
function refuse(error: unknown): never {
  const { code, message, hint } = toTaskError('read-log', error);
  if (code === 'INTERNAL') throw error;
  throw new ApiError({ status: 502, code, message, hint }, { cause: error });
}
