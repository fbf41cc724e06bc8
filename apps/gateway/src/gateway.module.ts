import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { TRAFFIC_VIEW, TrafficController, type TrafficView } from './balancing/http.js';

export interface GatewayParts {
  readonly traffic: TrafficView;
  readonly tokens: Tokens;
}

@Module({})
export class GatewayModule {
  static register({ traffic, tokens }: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      controllers: [TrafficController],
      providers: [
        { provide: TRAFFIC_VIEW, useValue: traffic },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
