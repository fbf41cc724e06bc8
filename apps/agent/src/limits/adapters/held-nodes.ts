import type { NodeWay } from '../../watch/ports.js';
import type { LimitedNode, LimitedNodes } from '../ports.js';
import { NodeLimits } from './node-limits.js';

interface Parts {
  readonly names: readonly string[];
  way(node: string): NodeWay | 'unready' | undefined;
  /** Whether the leases are this replica's own for certain. */
  isValid(): boolean;
}

/** The nodes that this replica watches, as their limits are changed. */
export const heldNodes = (parts: () => Parts): LimitedNodes => ({
  get names() {
    return parts().names;
  },
  find(node): LimitedNode | 'unreachable' | 'unready' | undefined {
    const { way: wayTo, isValid } = parts();
    if (!isValid()) return undefined;
    const way = wayTo(node);
    if (way === undefined || way === 'unready') return way;
    if (way.isUnreachable) return 'unreachable';
    return way.isKnown ? new NodeLimits({ access: way.access, containers: () => way.running() }) : 'unready';
  },
});
