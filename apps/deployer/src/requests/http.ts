import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { tokenSchema } from '#libs/contracts';
import { ApiError, NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import type { RequestRecord } from './adapters/request-record.js';
import { REQUEST_RECORD } from './ports.js';

const ofToken = z.strictObject({ token: tokenSchema });

/** What became of a request. */
@Controller('v1/requests/:token')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class RequestsController {
  constructor(@Inject(REQUEST_RECORD) private readonly requests: RequestRecord) {}

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
}

function found<T>(token: string, item: T | undefined): T {
  if (item !== undefined) return item;
  throw new ApiError({
    status: 404,
    code: 'REQUEST_UNKNOWN',
    message: `There is no request ${token}.`,
    hint: 'Check the token. It is in every event and reply of the request, which the deployer must have read.',
  });
}
