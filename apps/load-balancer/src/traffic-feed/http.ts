import { Controller } from '@nestjs/common';
import { loadBalancerRoutes as routes } from '#libs/contracts';
import { ApiError, Serves } from '#libs/http';

/** Calls of the feed that ask for no WebSocket. */
@Controller()
export class TrafficFeedController {
  @Serves(routes.trafficFeed)
  feed(): Promise<void> {
    throw new ApiError({
      ...{ status: 426, code: 'UPGRADE_REQUIRED', message: 'The traffic feed is a WebSocket.' },
      hint: 'Connect by a WebSocket client, at an address that begins with ws:// or wss://.',
    });
  }
}
