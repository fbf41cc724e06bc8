import { Controller, Inject } from '@nestjs/common';
import { deployerRoutes as routes, type InputOf, type WaitingInstance } from '#libs/contracts';
import { Input, Serves } from '#libs/http';
import { NODE_WAITS, type NodeWaits } from './ports.js';

/** What waits for a node with room. */
@Controller()
export class WaitingController {
  constructor(@Inject(NODE_WAITS) private readonly waits: NodeWaits) {}

  @Serves(routes.waiting)
  async list(@Input() { query }: InputOf<typeof routes.waiting>): Promise<WaitingInstance[]> {
    return this.waits.list(query);
  }
}
