import { Controller, Inject } from '@nestjs/common';
import {
  type InputOf,
  nodeManagerRoutes as routes,
  type RegistryInstance,
  type RegistryServiceLine,
} from '#libs/contracts';
import { Input, Serves } from '#libs/http';
import { REGISTRY, type Registry } from './ports.js';

/** What runs where. */
@Controller()
export class RegistryController {
  constructor(@Inject(REGISTRY) private readonly registry: Registry) {}

  @Serves(routes.instances)
  async instances(@Input() { query }: InputOf<typeof routes.instances>): Promise<RegistryInstance[]> {
    return this.registry.instances(query);
  }

  @Serves(routes.services)
  async services(@Input() { query }: InputOf<typeof routes.services>): Promise<RegistryServiceLine[]> {
    return this.registry.services(query);
  }
}
