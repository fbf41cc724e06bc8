import { type DynamicModule, Module } from '@nestjs/common';
import { API_LOGGER, TOKENS, type Tokens } from '#libs/http';
import type { Logger } from '#libs/telemetry';
import type { PostgresInstances } from './adapters/postgres-instances.js';
import { InstanceReportsConsumer } from './consumers/instance-reports.consumer.js';
import { NodesController } from './http/nodes.controller.js';
import { RegistryController } from './http/registry.controller.js';
import { ENROL_PORTS, INSTANCES } from './tokens.js';
import type { EnrolNodePorts } from './use-cases/enrol-node.js';

export interface NodeManagerParts {
  readonly enrolPorts: EnrolNodePorts;
  readonly instances: PostgresInstances;
  readonly tokens: Tokens;
  readonly logger: Logger;
}

@Module({})
export class NodeManagerModule {
  static register({ enrolPorts, instances, tokens, logger }: NodeManagerParts): DynamicModule {
    return {
      module: NodeManagerModule,
      controllers: [InstanceReportsConsumer, NodesController, RegistryController],
      providers: [
        { provide: ENROL_PORTS, useValue: enrolPorts },
        { provide: INSTANCES, useValue: instances },
        { provide: TOKENS, useValue: tokens },
        { provide: API_LOGGER, useValue: logger },
      ],
    };
  }
}
