import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { NodeReportsConsumer } from './nodes/consumer.js';
import { ENROL_PORTS, type EnrolNodePorts } from './nodes/enrol-node.js';
import { NodesController } from './nodes/http.js';
import { InstanceReportsConsumer, ServiceSpecsConsumer } from './registry/consumer.js';
import { RegistryController } from './registry/http.js';
import { REGISTRY, type Registry } from './registry/ports.js';

export interface NodeManagerParts {
  readonly enrolPorts: EnrolNodePorts;
  readonly registry: Registry;
  readonly tokens: Tokens;
}

@Module({})
export class NodeManagerModule {
  static register({ enrolPorts, registry, tokens }: NodeManagerParts): DynamicModule {
    return {
      module: NodeManagerModule,
      controllers: [
        ...[InstanceReportsConsumer, ServiceSpecsConsumer, NodeReportsConsumer],
        ...[NodesController, RegistryController],
      ],
      providers: [
        { provide: ENROL_PORTS, useValue: enrolPorts },
        { provide: REGISTRY, useValue: registry },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
