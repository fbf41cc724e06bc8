import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { NodeReportsConsumer, NodeStatesConsumer } from './nodes/consumer.js';
import { ENROL_PORTS, type EnrolNodePorts } from './nodes/enrol-node.js';
import { NodeCommandsController } from './nodes/commands.http.js';
import { NodesController } from './nodes/http.js';
import { InstanceReportsConsumer, ServiceSpecsConsumer } from './registry/consumer.js';
import { RegistryController } from './registry/http.js';
import {
  INSTANCE_FOLLOWER,
  type InstanceFollower,
  REGISTRY,
  type Registry,
  WATCHES,
  type Watches,
} from './registry/ports.js';
import { WatchController } from './registry/watch.http.js';

export interface NodeManagerParts {
  readonly enrolPorts: EnrolNodePorts;
  readonly registry: Registry;
  readonly watches: Watches;
  readonly follower: InstanceFollower;
  readonly tokens: Tokens;
}

@Module({})
export class NodeManagerModule {
  static register({ enrolPorts, registry, watches, follower, tokens }: NodeManagerParts): DynamicModule {
    return {
      module: NodeManagerModule,
      controllers: [
        ...[InstanceReportsConsumer, ServiceSpecsConsumer, NodeReportsConsumer, NodeStatesConsumer],
        ...[NodesController, NodeCommandsController, RegistryController, WatchController],
      ],
      providers: [
        { provide: ENROL_PORTS, useValue: enrolPorts },
        { provide: REGISTRY, useValue: registry },
        { provide: WATCHES, useValue: watches },
        { provide: INSTANCE_FOLLOWER, useValue: follower },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
