import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { serviceNameSchema, tokenSchema } from '#libs/contracts';
import { ApiError, NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import type { BuildLogs } from '../adapters/build-logs.js';
import type { RequestRecord } from '../adapters/request-record.js';
import { BUILD_LOGS, REQUEST_RECORD } from '../tokens.js';
import { withoutLog } from './without-log.js';

const ofToken = z.strictObject({ token: tokenSchema });
const ofService = z.strictObject({ service: serviceNameSchema });

/** What became of a request. */
@Controller('v1/requests/:token')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class RequestsController {
  constructor(
    @Inject(REQUEST_RECORD) private readonly requests: RequestRecord,
    @Inject(BUILD_LOGS) private readonly logs: BuildLogs,
  ) {}

  @Get()
  async request(@Param() params: unknown): Promise<object> {
    const { token } = parseInput(ofToken, params);
    return found(token, await this.requests.request(token));
  }

  @Get('history')
  async history(@Param() params: unknown): Promise<readonly object[]> {
    const { token } = parseInput(ofToken, params);
    return found(token, await this.requests.history(token));
  }

  @Get('build-log')
  async buildLog(@Param() params: unknown, @Query() query: unknown): Promise<string> {
    const { token } = parseInput(ofToken, params);
    const { service } = parseInput(ofService, query);
    const log = await this.logs.ofRequest(token, service);
    if (log === undefined) throw withoutLog(`of ${service} in the request ${token}`);
    return log;
  }
}

function found<T>(token: string, item: T | undefined): T {
  if (item !== undefined) return item;
  throw new ApiError({
    status: 404,
    code: 'REQUEST_UNKNOWN',
    message: `There is no request ${token}.`,
    hint: 'A request is known once the deployer has read it; its token is in every event and reply of it.',
  });
}
