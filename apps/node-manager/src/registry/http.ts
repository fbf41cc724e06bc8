import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { appIdSchema, instanceStates, serviceNameSchema } from '#libs/contracts';
import { NeedsRole, parseInput, TokenGuard } from '#libs/http';
import { z } from 'zod';
import { REGISTRY, type Registry } from './ports.js';

const servicesQuery = z.strictObject({ appId: appIdSchema.optional() });
const instancesQuery = servicesQuery.extend({
  service: serviceNameSchema.optional(),
  state: z.enum(instanceStates).optional(),
});

/** What runs where. */
@Controller('v1')
@UseGuards(TokenGuard)
@NeedsRole('read')
export class RegistryController {
  constructor(@Inject(REGISTRY) private readonly registry: Registry) {}

  @Get('instances')
  instances(@Query() query: unknown): Promise<readonly unknown[]> {
    return this.registry.instances(parseInput(instancesQuery, query));
  }

  @Get('services')
  services(@Query() query: unknown): Promise<readonly unknown[]> {
    return this.registry.services(parseInput(servicesQuery, query));
  }
}
