import { Controller, Get, Inject, Param, UseGuards } from '@nestjs/common';
import { appIdSchema, serviceNameSchema } from '#libs/contracts';
import { ApiError, NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import { SPECS, type SpecReader, type SpecRevision } from './ports.js';

const ofService = z.strictObject({ appId: appIdSchema, service: serviceNameSchema });
const MOST_REVISIONS = 100;

interface SpecAnswer {
  readonly appId: string;
  readonly service: string;
  /** Instances that run now. */
  readonly running: number;
  /** The newest first; the first is what is wanted now. */
  readonly history: readonly SpecRevision[];
}

/** What is wanted of a service, and how it came to be. */
@Controller('v1/apps/:appId/services/:service/spec')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class SpecsController {
  constructor(@Inject(SPECS) private readonly specs: SpecReader) {}

  @Get()
  async spec(@Param() params: unknown): Promise<SpecAnswer> {
    const of = parseInput(ofService, params);
    const [running, history] = await Promise.all([
      this.specs.running(of),
      this.specs.history(of, MOST_REVISIONS),
    ]);
    if (history.length > 0) return { ...of, running, history };
    throw new ApiError({
      status: 404,
      code: 'SERVICE_UNKNOWN',
      message: `There is no service ${of.appId}/${of.service}.`,
      hint: `See which there are: slipway releases ${of.appId}`,
    });
  }
}
