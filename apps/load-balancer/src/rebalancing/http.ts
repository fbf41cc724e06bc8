import { Controller, Inject } from '@nestjs/common';
import { loadBalancerRoutes as routes, type RebalancingAnswer } from '#libs/contracts';
import { Serves } from '#libs/http';
import { REBALANCING, type RebalancingRecord } from './ports.js';

/** How the load of nodes is balanced. */
@Controller()
export class RebalancingController {
  constructor(@Inject(REBALANCING) private readonly record: RebalancingRecord) {}

  @Serves(routes.rebalancing)
  rebalancing(): Promise<RebalancingAnswer> {
    return this.record.show();
  }
}
