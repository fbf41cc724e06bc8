import { type DynamicModule, Module } from '@nestjs/common';

/** The gateway has no HTTP API of its own and reads no topic: it has what every app has. */
@Module({})
export class GatewayModule {
  static register(): DynamicModule {
    return { module: GatewayModule };
  }
}
