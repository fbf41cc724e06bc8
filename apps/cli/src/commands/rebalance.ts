import { openLoadBalancer } from '../adapters/load-balancer.js';
import { rebalanceLines } from '../domain/rebalance-lines.js';
import { exitCodes, type ExitCode } from '../errors.js';
import type { Output } from '../output.js';

/** Shows which instances are to move and what was moved. 2 where moves are advised or under way, else 0. */
export async function rebalance(output: Output): Promise<ExitCode> {
  const answer = await openLoadBalancer().rebalancing();
  output.answer(answer, rebalanceLines(answer, output.paint));
  return answer.advised.length + answer.underWay.length === 0 ? exitCodes.ok : exitCodes.changes;
}
