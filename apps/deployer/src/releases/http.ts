import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { appIdSchema, serviceNameSchema } from '#libs/contracts';
import { NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import { RELEASE_RECORD, type ReleaseRecord } from './ports.js';

const releasesQuery = z.strictObject({ appId: appIdSchema, service: serviceNameSchema.optional() });

/** What was built of an application. */
@Controller('v1/releases')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class ReleasesController {
  constructor(@Inject(RELEASE_RECORD) private readonly releases: ReleaseRecord) {}

  @Get()
  list(@Query() query: unknown): Promise<readonly unknown[]> {
    return this.releases.list(parseInput(releasesQuery, query));
  }
}
