import { type DynamicModule, Module } from '@nestjs/common';
import type { NodeRequests } from './adapters/node-requests.js';
import { InstanceReportsConsumer } from './consumers/instance-reports.consumer.js';
import { NodeReleasesConsumer } from './consumers/node-releases.consumer.js';
import { NodeRequestsConsumer } from './consumers/node-requests.consumer.js';
import { NODE_REQUESTS } from './tokens.js';

@Module({})
export class LoadBalancerModule {
  static register(requests: NodeRequests): DynamicModule {
    return {
      module: LoadBalancerModule,
      controllers: [NodeRequestsConsumer, NodeReleasesConsumer, InstanceReportsConsumer],
      providers: [{ provide: NODE_REQUESTS, useValue: requests }],
    };
  }
}
