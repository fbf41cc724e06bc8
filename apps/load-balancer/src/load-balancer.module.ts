import { type DynamicModule, Module } from '@nestjs/common';
import { TOKENS, type Tokens } from '#libs/http';
import { ExplanationsController } from './explanations/http.js';
import { EXPLANATIONS, type Explanations } from './explanations/ports.js';
import { PLACEMENT, PlacementConsumer } from './placement/consumer.js';
import type { Placement } from './placement/wire.js';
import { PlansController } from './plans/http.js';
import { FLEETS, type Fleets } from './plans/ports.js';
import { RebalancingConsumer } from './rebalancing/consumer.js';
import { RebalancingController } from './rebalancing/http.js';
import {
  MOVES,
  type Moves,
  REBALANCING,
  type RebalancingRecord,
  SCALINGS,
  type Scalings,
} from './rebalancing/ports.js';
import { ScalingController } from './scaling/http.js';
import { SCALING_REPLAYS, SCALING_VIEW, type ScalingReplays, type ScalingView } from './scaling/ports.js';
import { ScalingReplaysController } from './scaling/replays.http.js';
import { ScoresController } from './scores/http.js';
import { CURRENT_SCORES, type CurrentScores } from './scores/ports.js';
import { TrafficFeedController } from './traffic-feed/http.js';
import { TrafficOverridesController } from './traffic-overrides/http.js';
import { OVERRIDE_RECORD, type OverrideRecord } from './traffic-overrides/ports.js';

export interface LoadBalancerParts {
  readonly placement: Placement;
  readonly explanations: Explanations;
  readonly fleets: Fleets;
  readonly rebalancing: RebalancingRecord;
  readonly moves: Moves;
  readonly scalings: Scalings;
  readonly overrides: OverrideRecord;
  readonly scores: CurrentScores;
  readonly scalingView: ScalingView;
  readonly scalingReplays: ScalingReplays;
  readonly tokens: Tokens;
}

@Module({})
export class LoadBalancerModule {
  static register(parts: LoadBalancerParts): DynamicModule {
    const { placement, explanations, fleets, rebalancing, moves, scalings, overrides, tokens } = parts;
    return {
      module: LoadBalancerModule,
      controllers: [
        ...[PlacementConsumer, RebalancingConsumer],
        ...[ExplanationsController, PlansController, RebalancingController],
        ...[ScalingController, ScalingReplaysController, ScoresController],
        ...[TrafficFeedController, TrafficOverridesController],
      ],
      providers: [
        { provide: PLACEMENT, useValue: placement },
        { provide: EXPLANATIONS, useValue: explanations },
        { provide: FLEETS, useValue: fleets },
        { provide: REBALANCING, useValue: rebalancing },
        { provide: MOVES, useValue: moves },
        { provide: SCALINGS, useValue: scalings },
        { provide: OVERRIDE_RECORD, useValue: overrides },
        { provide: CURRENT_SCORES, useValue: parts.scores },
        { provide: SCALING_VIEW, useValue: parts.scalingView },
        { provide: SCALING_REPLAYS, useValue: parts.scalingReplays },
        { provide: TOKENS, useValue: tokens },
      ],
    };
  }
}
