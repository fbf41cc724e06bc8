import { randomUUID } from 'node:crypto';
import type { deploymentProgressed } from '#libs/contracts';
import type { Producer } from '#libs/kafka';
import type { Logger } from '#libs/telemetry';
import type { BuildOutput } from '../ports.js';
import type { Clock } from '../../task/ports.js';
import type { BuildLogWriter } from './build-log-writer.js';

/** Build output goes straight to `deployment.events`, for the eyes of now, and to the build's log, for later. */
export function buildOutput(parts: {
  readonly producer: Producer;
  readonly clock: Clock;
  readonly replica: string;
  readonly logger: Logger;
  readonly definition: typeof deploymentProgressed;
  readonly log: BuildLogWriter;
}): BuildOutput {
  const { producer, clock, replica, logger, definition, log } = parts;
  return {
    ended: (claim) => log.end(claim),
    lines(claim, state, lines) {
      log.add(claim, state, lines);
      const { token, appId, service } = state;
      const at = clock.now().toISOString();
      const data = {
        token,
        appId,
        service,
        event: 'BuildOutput',
        version: 0,
        at,
        replica,
        data: { lines: [...lines] },
      };
      const message = { topic: definition.topic, key: appId, type: definition.type, id: randomUUID(), data };
      producer
        .publish([message])
        .catch((error: unknown) => logger.warn({ err: error, token }, 'build output was not published'));
    },
  };
}
