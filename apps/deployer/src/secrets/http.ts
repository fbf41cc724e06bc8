import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { appIdSchema, type StoredSecret } from '#libs/contracts';
import { NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import { type SecretList, SECRETS } from './ports.js';

const secretsQuery = z.strictObject({ appId: appIdSchema });

/** Which secrets an application has; never their values. */
@Controller('v1/secrets')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class SecretsController {
  constructor(@Inject(SECRETS) private readonly secrets: SecretList) {}

  @Get()
  list(@Query() query: unknown): Promise<readonly StoredSecret[]> {
    return this.secrets.list(parseInput(secretsQuery, query).appId);
  }
}
