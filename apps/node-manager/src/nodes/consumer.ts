import { nodeReported, type NodeReport, nodeState, type NodeState } from '#libs/contracts';
import { Consumer, type Tombstone } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import { Handles, HandlesTombstone } from '#libs/runtime';
import { forgetAgent, recordNodeReport, recordNodeState } from './adapters/node-changes.js';

/** node.reports -> the node's state. Idempotent, and in any order: the newest report counts. */
@Consumer()
export class NodeReportsConsumer {
  @Handles(nodeReported)
  async record(report: NodeReport, tx: Transaction): Promise<void> {
    await recordNodeReport(tx, report);
  }
}

/** node.state -> whether the node answers. Idempotent, and in any order: the highest fence counts, then the newest. */
@Consumer()
export class NodeStatesConsumer {
  @Handles(nodeState)
  async record(state: NodeState, tx: Transaction): Promise<void> {
    await recordNodeState(tx, state);
  }

  @HandlesTombstone(nodeState)
  async removed({ key }: Tombstone, tx: Transaction): Promise<void> {
    await forgetAgent(tx, key);
  }
}
