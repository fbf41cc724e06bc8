import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import type { PostgresInstances } from './adapters/postgres-instances.js';
import { InstanceReportsConsumer } from './consumers/instance-reports.consumer.js';
import { NodeReportsConsumer } from './consumers/node-reports.consumer.js';
import { NodesController } from './http/nodes.controller.js';
import { RegistryController } from './http/registry.controller.js';
import { ENROL_PORTS, INSTANCES } from './tokens.js';
import type { EnrolNodePorts } from './use-cases/enrol-node.js';

export interface NodeManagerParts {
  readonly enrolPorts: EnrolNodePorts;
  readonly instances: PostgresInstances;
  readonly tokens: Tokens;
}

@Module({})
export class NodeManagerModule {
  static register({ enrolPorts, instances, tokens }: NodeManagerParts): DynamicModule {
    return {
      module: NodeManagerModule,
      controllers: [InstanceReportsConsumer, NodeReportsConsumer, NodesController, RegistryController],
      providers: [
        { provide: ENROL_PORTS, useValue: enrolPorts },
        { provide: INSTANCES, useValue: instances },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
