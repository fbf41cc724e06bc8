import type { FeedScore } from '#libs/contracts';
import { LiveRowWriter, scoreRows } from '#libs/registry-client';
import { type DatabaseRuntime, Recurring } from '#libs/runtime';
import { toldScores } from './domain/score-log.js';
import type { ScoreSource } from './ports.js';

const WRITE_MS = 1_000;

interface ScoreRowsParts {
  readonly runtime: Pick<DatabaseRuntime, 'pool' | 'logger' | 'clock'>;
  readonly replica: string;
  readonly scores: ScoreSource | undefined;
  /** A gateway may read the rows now. */
  readonly isRead: () => boolean;
}

/** Writes the scores once a second for gateways that read the database; the scores themselves where they are others. */
export function createScoreRows({ runtime, replica, scores, isRead }: ScoreRowsParts) {
  const { pool, logger, clock } = runtime;
  const writer = new LiveRowWriter(pool, scoreRows, replica);
  let written = '';
  const writing = new Recurring(WRITE_MS, async () => {
    if (scores === undefined || !isRead()) return;
    const nowMs = clock.now().getTime();
    const told: readonly FeedScore[] = toldScores(scores.all());
    const text = JSON.stringify(told);
    try {
      const isWritten = text === written && (await writer.write(nowMs));
      if (!isWritten) await writer.write(nowMs, { scores: told });
      written = text;
    } catch (err) {
      written = '';
      logger.warn({ err }, 'gateways are not told the scores');
    }
  });
  return { start: () => writing.start(), stop: () => writing.stop() };
}
