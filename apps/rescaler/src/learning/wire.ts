import { withAdvisoryLock } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import type { WantedStructures } from '../rescaling/ports.js';
import { PostgresLearning } from './adapters/postgres-learning.js';
import { learnedLimits } from './domain/learned.js';

const LOOK_MS = 60_000;

interface LearningParts {
  readonly runtime: Pick<Runtime, 'pool' | 'outbox' | 'sessions' | 'clock' | 'logger'>;
  readonly structures: Pick<WantedStructures, 'limitsOf'>;
  isOn(): boolean;
}

/** What instances used becomes the limits that new ones start with; one replica at a time looks. */
export function createLearning({ runtime, structures, isOn }: LearningParts) {
  const { pool, outbox, sessions, clock, logger } = runtime;
  const learning = new PostgresLearning({ pool, outbox });
  const look = async (): Promise<void> => {
    for (const used of await learning.used()) {
      const wanted = structures.limitsOf(used);
      const limits = learnedLimits(used);
      const isFollowed = wanted?.guarded === true && ['slo', 'serverless'].includes(wanted.policy);
      if (!isFollowed || limits === undefined) continue;
      const isTold = await learning.tell(used, limits, clock.now());
      const { appId, service } = used;
      if (isTold) logger.info({ appId, service, ...limits }, 'limits for new instances were learned');
    }
  };
  const looking = new Recurring(LOOK_MS, async () => {
    if (!isOn()) return;
    try {
      await withAdvisoryLock(sessions, 'slipway.rescaler.learning', look);
    } catch (err) {
      logger.warn({ err }, 'limits for new instances are not learned now');
    }
  });
  return { start: () => looking.start(), stop: () => looking.stop() };
}
