import { AGENT_SILENT_MS, type NodeReport } from '#libs/contracts';
import { decideCleaned, decideVerdict, type Settled, type Standing } from './standing.js';

type Report = Pick<NodeReport, 'state' | 'reason' | 'reportedAt' | 'cleaned'>;

/**
 * What a report of the deployer makes of a node. Whether it answers is the agent's to say, unless no agent has said
 * anything for `AGENT_SILENT_MS`. Pure.
 * @param agentAtMs when an agent said something last, in milliseconds since 1970; undefined where none ever did
 */
export function decideReport(standing: Standing, report: Report, agentAtMs = -Infinity): Settled {
  const isWatched = Date.parse(report.reportedAt) - agentAtMs <= AGENT_SILENT_MS;
  if (!isWatched) return judgedBy(standing, report);
  return report.cleaned === undefined ? { standing } : decideCleaned(standing, report.cleaned);
}

/** Where it answers, it is clean: the deployer removes what is left first. */
function judgedBy(standing: Standing, { state, reason, reportedAt: at }: Report): Settled {
  const reachable = state === 'ready';
  if (reachable && standing.returning !== undefined) return decideCleaned(standing, at);
  const why = !reachable && reason !== undefined && { reason };
  return decideVerdict(standing, { at, ...why, reachable, isClean: true });
}
