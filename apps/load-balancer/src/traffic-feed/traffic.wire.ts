import type { WebSocketRoute } from '#libs/http';
import type { DatabaseRuntime } from '#libs/runtime';
import type { TrafficFiguresFeature } from '../traffic-figures/wire.js';
import type { OverrideRecord } from '../traffic-overrides/ports.js';
import { createOverrides } from '../traffic-overrides/wire.js';
import { createScoreRows } from './score-rows.wire.js';
import type { ScoreSource } from './ports.js';
import { createTrafficFeed } from './wire.js';

interface TrafficParts {
  readonly runtime: DatabaseRuntime;
  readonly replica: string;
  readonly mostGateways: number;
  /** What gateways say. */
  readonly heard: TrafficFiguresFeature;
  /** Without it, gateways hear of no scores. */
  readonly scores?: ScoreSource;
}

/** All that this replica says to gateways and hears from them. */
export interface Traffic {
  /** Where gateways connect. */
  readonly webSocket: WebSocketRoute;
  readonly overrides: OverrideRecord;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createTraffic({ runtime, replica, mostGateways, heard, scores }: TrafficParts): Traffic {
  const overrides = createOverrides({ runtime, onChanged: () => feed.tellOverrides() });
  const feed = createTrafficFeed({
    ...{ runtime, replica, mostGateways, scores, overrides: overrides.current },
    reportsOf: (carrier) => heard.reportsOf(carrier),
  });
  const rows = createScoreRows({ runtime, replica, scores, isRead: () => heard.hasDatabaseGateways });
  return {
    webSocket: feed.webSocket,
    overrides: overrides.record,
    async start() {
      await heard.start();
      await overrides.start();
      rows.start();
      await feed.start();
    },
    async stop() {
      await feed.stop();
      await Promise.all([rows.stop(), overrides.stop(), heard.stop()]);
    },
  };
}
