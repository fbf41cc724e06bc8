import type { DeploymentReply } from '#libs/contracts';
import type { Screen } from './progress-lines.js';
import { replyBlocks } from './reply-lines.js';

/** What would be done, service by service, then how much it is. */
export function planLines(reply: DeploymentReply, screen: Screen): string[] {
  const { paint } = screen;
  const changes = reply.services.reduce((sum, { plan = [] }) => sum + plan.length, 0);
  const count = changes === 1 ? '1 change' : `${changes} changes`;
  const whole = changes === 0 ? 'Nothing to do.' : `${count}; nothing was done yet.`;
  return [
    ...replyBlocks(reply, screen),
    reply.status ? paint.bold(whole) : paint.bad('There is no plan: what failed is said above.'),
  ];
}
