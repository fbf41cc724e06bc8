import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { ExplanationsController } from './explanations/http.js';
import { EXPLANATIONS, type Explanations } from './explanations/ports.js';
import { PLACEMENT, PlacementConsumer } from './placement/consumer.js';
import type { Placement } from './placement/wire.js';
import { PlansController } from './plans/http.js';
import { FLEETS, type Fleets } from './plans/ports.js';

export interface LoadBalancerParts {
  readonly placement: Placement;
  readonly explanations: Explanations;
  readonly fleets: Fleets;
  readonly tokens: Tokens;
}

@Module({})
export class LoadBalancerModule {
  static register({ placement, explanations, fleets, tokens }: LoadBalancerParts): DynamicModule {
    return {
      module: LoadBalancerModule,
      controllers: [PlacementConsumer, ExplanationsController, PlansController],
      providers: [
        { provide: PLACEMENT, useValue: placement },
        { provide: EXPLANATIONS, useValue: explanations },
        { provide: FLEETS, useValue: fleets },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
