import { nodeReported, type NodeReport } from '#libs/contracts';
import { Consumer } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles } from '#libs/runtime';
import { recordNodeReport } from './adapters/node-changes.js';

/** node.reports -> the node's state. Idempotent, and in any order: the newest report counts. */
@Consumer()
export class NodeReportsConsumer {
  @Handles(nodeReported)
  async record(report: NodeReport, tx: Transaction): Promise<void> {
    await recordNodeReport(tx, report);
  }
}
