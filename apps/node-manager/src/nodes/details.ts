import type { NodeDetails } from '#libs/contracts';
import { allocatableOf, type Node } from './domain/node.js';
import type { MachineProblem } from './domain/machine-problems.js';
import type { LiveInstance } from './ports.js';

/** A node as HTTP answers it. `live`: how many instances are there. */
export function detailsOf(
  { jump, drain, holding, ...node }: Node,
  live: number,
  now: Date,
  problems?: readonly MachineProblem[],
): NodeDetails {
  const isLate =
    drain?.drainedAt === undefined &&
    drain?.deadline !== undefined &&
    Date.parse(drain.deadline) < now.getTime();
  return {
    ...node,
    labels: { ...node.labels },
    jump: jump && { ...jump },
    unenforced: [...node.unenforced],
    capacity: node.capacity && { ...node.capacity },
    reserve: node.reserve && { ...node.reserve },
    allocatable: { ...allocatableOf(node) },
    ...(isLate && { stateReason: lateReason(node.stateReason, drain?.deadline, live) }),
    ...(drain && { drain: { ...drain, isLate, left: live, holding: holding.map((one) => ({ ...one })) } }),
    ...(problems && { problems: problems.map((problem) => ({ ...problem })) }),
  };
}

/** Nothing is killed for a deadline: it goes on, and says so. */
function lateReason(asked: string | undefined, deadline: string | undefined, live: number): string {
  const late = `the deadline ${deadline} has passed, and ${live} ${live === 1 ? 'instance is' : 'instances are'} there still`;
  return asked === undefined ? late : `${asked}; ${late}`;
}

/** What the deployer said of instances that are there no more is old. */
export const stillThere = (node: Node, live: readonly LiveInstance[]): Node => ({
  ...node,
  holding: node.holding.filter(({ instance }) => live.some((one) => one.instance === instance)),
});
