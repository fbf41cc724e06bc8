import { type DynamicModule, Module } from '@nestjs/common';
import { LimitRequestsConsumer } from './limits/consumer.js';
import { LIMIT_REQUESTS, type LimitRequests } from './limits/ports.js';

export interface AgentParts {
  readonly limits: LimitRequests;
}

/** Nobody calls the agent; it reads one topic. */
@Module({})
export class AgentModule {
  static register({ limits }: AgentParts): DynamicModule {
    return {
      module: AgentModule,
      controllers: [LimitRequestsConsumer],
      providers: [{ provide: LIMIT_REQUESTS, useValue: limits }],
    };
  }
}
