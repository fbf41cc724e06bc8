import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  type InstanceEvent,
  nodeManagerRoutes as routes,
  type Page,
  type RegistryInstance,
  type RegistryServiceLine,
  type ServiceDetails,
} from '#libs/contracts';
import { ApiError, Input, placeAfter, Serves, toPage } from '#libs/http';
import { z } from 'zod';
import { type OfService, REGISTRY, type Registry } from './ports.js';

const wholeNumber = z.string().regex(/^\d{1,18}$/);
const instancePlace = z.tuple([z.string(), z.string(), wholeNumber, z.string()]);
const eventPlace = z.tuple([wholeNumber]);

/** What runs where, and what ran. */
@Controller()
export class RegistryController {
  constructor(@Inject(REGISTRY) private readonly registry: Registry) {}

  @Serves(routes.instances)
  async instances(@Input() { query }: InputOf<typeof routes.instances>): Promise<Page<RegistryInstance>> {
    const { limit, after, ...filter } = query;
    const place = placeAfter(instancePlace, after, filter);
    return toPage(await this.registry.instances(filter, limit + 1, place), limit, filter);
  }

  @Serves(routes.instanceEvents)
  async events(@Input() { query }: InputOf<typeof routes.instanceEvents>): Promise<Page<InstanceEvent>> {
    const { limit, after, ...filter } = query;
    const [before] = placeAfter(eventPlace, after, filter) ?? [];
    return toPage(await this.registry.events(filter, limit + 1, before), limit, filter);
  }

  @Serves(routes.services)
  async services(@Input() { query }: InputOf<typeof routes.services>): Promise<RegistryServiceLine[]> {
    return this.registry.services(query);
  }

  @Serves(routes.service)
  async service(@Input() { params }: InputOf<typeof routes.service>): Promise<ServiceDetails> {
    const found = await this.registry.service(params);
    if (found === undefined) throw unknownService(params);
    return found;
  }
}

const unknownService = ({ appId, service }: OfService): ApiError =>
  new ApiError({
    status: 404,
    code: 'SERVICE_UNKNOWN',
    message: `Nothing was ever wanted or reported of the service ${appId}/${service}.`,
    hint: `See which there are: slipway status ${appId} --all`,
  });
