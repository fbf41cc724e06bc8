import { type DynamicModule, Module } from '@nestjs/common';
import { PLACEMENT, PlacementConsumer } from './placement/consumer.js';
import type { Placement } from './placement/wire.js';

@Module({})
export class LoadBalancerModule {
  static register(placement: Placement): DynamicModule {
    return {
      module: LoadBalancerModule,
      controllers: [PlacementConsumer],
      providers: [{ provide: PLACEMENT, useValue: placement }],
    };
  }
}
