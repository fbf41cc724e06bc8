import type { WaitingInstance } from '#libs/contracts';
import { openDeployer } from '../adapters/deployer.js';
import type { Output } from '../output.js';
import { knowsDeployer } from '../settings.js';

/**
 * What waits for a node with room, as the deployer says. Nothing where it cannot be asked: what runs is shown all the
 * same.
 */
export async function waitingForRoom(
  filter: { readonly appId?: string; readonly service?: string },
  output: Output,
): Promise<readonly WaitingInstance[]> {
  if (!knowsDeployer()) return [];
  try {
    return await openDeployer().waiting(filter);
  } catch (error) {
    output.aside(
      `What waits for room is not shown: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
}
