import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { appIdSchema, printable, serviceNameSchema, tokenSchema } from '#libs/contracts';
import { NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import { BUILD_LOGS, type BuildLogs, type KeptBuild } from './ports.js';
import { withoutLog } from './without-log.http.js';

const buildsQuery = z.strictObject({ appId: appIdSchema, service: serviceNameSchema });
const ofToken = z.strictObject({ token: tokenSchema });
const ofService = z.strictObject({ service: serviceNameSchema });
const ofRelease = z.strictObject({ release: printable(200) });

/** What builds said. */
@Controller('v1/builds')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class BuildsController {
  constructor(@Inject(BUILD_LOGS) private readonly logs: BuildLogs) {}

  @Get()
  list(@Query() query: unknown): Promise<readonly KeptBuild[]> {
    const { appId, service } = parseInput(buildsQuery, query);
    return this.logs.builds(appId, service);
  }

  @Get(':release/log')
  async log(@Param() params: unknown): Promise<string> {
    const { release } = parseInput(ofRelease, params);
    const log = await this.logs.ofRelease(release);
    if (log === undefined) throw withoutLog(`of the release ${release}`);
    return log;
  }
}

/** What the builds of one request said. */
@Controller('v1/requests/:token/build-log')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class RequestBuildLogController {
  constructor(@Inject(BUILD_LOGS) private readonly logs: BuildLogs) {}

  @Get()
  async buildLog(@Param() params: unknown, @Query() query: unknown): Promise<string> {
    const { token } = parseInput(ofToken, params);
    const { service } = parseInput(ofService, query);
    const log = await this.logs.ofRequest(token, service);
    if (log === undefined) throw withoutLog(`of ${service} in the request ${token}`);
    return log;
  }
}
