import { Controller, Get, Inject, Param, Query, UseGuards } from '@nestjs/common';
import { appIdSchema, printable, serviceNameSchema } from '#libs/contracts';
import { NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import type { BuildLogs, KeptBuild } from '../adapters/build-logs.js';
import { BUILD_LOGS } from '../tokens.js';
import { withoutLog } from './without-log.js';

const buildsQuery = z.strictObject({ appId: appIdSchema, service: serviceNameSchema });
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
