import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { ExplanationsController } from './explanations/http.js';
import { EXPLANATIONS, type Explanations } from './explanations/ports.js';
import { PLACEMENT, PlacementConsumer } from './placement/consumer.js';
import type { Placement } from './placement/wire.js';

export interface LoadBalancerParts {
  readonly placement: Placement;
  readonly explanations: Explanations;
  readonly tokens: Tokens;
}

@Module({})
export class LoadBalancerModule {
  static register({ placement, explanations, tokens }: LoadBalancerParts): DynamicModule {
    return {
      module: LoadBalancerModule,
      controllers: [PlacementConsumer, ExplanationsController],
      providers: [
        { provide: PLACEMENT, useValue: placement },
        { provide: EXPLANATIONS, useValue: explanations },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
