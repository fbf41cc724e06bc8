import { type DynamicModule, Module } from '@nestjs/common';

/** Nobody calls the agent and it reads no topic: it has what every app has. */
@Module({})
export class AgentModule {
  static register(): DynamicModule {
    return { module: AgentModule };
  }
}
