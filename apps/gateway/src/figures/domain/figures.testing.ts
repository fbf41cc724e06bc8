import type { AnsweredRequest } from '../../data-plane/domain/answered.js';
import type { ServerFigures } from '../../data-plane/domain/server-figures.js';

/** For tests: what HAProxy says of a server. */
export const serverFigures = (
  name: string,
  more: Partial<ServerFigures> & { readonly requests?: number; readonly failedAnswers?: number } = {},
): ServerFigures => {
  const { requests = 0, failedAnswers = 0, ...others } = more;
  return {
    ...{ name, source: 'worker-1 least-1/1', inFlight: 0, queued: 0, isUp: true },
    counters: { requests, answers: 0, failedAnswers, lost: 0, aborts: 0, bytesIn: 0, bytesOut: 0 },
    ...others,
  };
};

/** For tests: a request that was answered at once. */
export const answer = (more: Partial<AnsweredRequest> = {}): AnsweredRequest => ({
  ...{ status: 200, requestBytes: 10, bytes: 10, queueMs: 0, connectMs: 0, responseMs: 10, retries: 0 },
  ...{ backend: 'least-1', server: 's1', isBack: false, isProbe: false },
  ...more,
});
