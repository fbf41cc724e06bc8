import { randomUUID } from 'node:crypto';
import type { deploymentProgressed } from '#libs/contracts';
import type { Producer } from '#libs/kafka';
import type { Logger } from '#libs/telemetry';
import type { TaskState } from '../../task/domain/task.state.js';
import type { BuildOutput } from '../ports.js';
import type { Clock } from '../../task/ports.js';
import type { BuildLogWriter } from './build-log-writer.js';

/** Output and notes go straight to `deployment.events`, for the eyes of now; output also to the build's log, for later. */
export function buildOutput(parts: {
  readonly producer: Producer;
  readonly clock: Clock;
  readonly replica: string;
  readonly logger: Logger;
  readonly definition: typeof deploymentProgressed;
  readonly log: BuildLogWriter;
}): BuildOutput {
  const { producer, clock, replica, logger, definition, log } = parts;
  const tell = (state: TaskState, event: string, data: Readonly<Record<string, unknown>>): void => {
    const { token, appId, service } = state;
    const at = clock.now().toISOString();
    const step = { token, appId, service, event, version: 0, at, replica, data };
    const message = {
      topic: definition.topic,
      key: appId,
      type: definition.type,
      id: randomUUID(),
      data: step,
    };
    producer
      .publish([message])
      .catch((error: unknown) => logger.warn({ err: error, token, event }, 'progress was not published'));
  };
  return {
    ended: (claim) => log.end(claim),
    lines(claim, state, lines) {
      log.add(claim, state, lines);
      tell(state, 'BuildOutput', { lines: [...lines] });
    },
    healthAwaited: (state, note) => tell(state, 'HealthAwaited', { notes: [note] }),
  };
}
