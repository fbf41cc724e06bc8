import { Controller, Inject } from '@nestjs/common';
import { type BuildDetails, deployerRoutes as routes, type InputOf } from '#libs/contracts';
import { Input, Serves } from '#libs/http';
import { BUILD_LOGS, type BuildLogs } from './ports.js';
import { withoutLog } from './without-log.http.js';

/** What builds said. */
@Controller()
export class BuildsController {
  constructor(@Inject(BUILD_LOGS) private readonly logs: BuildLogs) {}

  @Serves(routes.builds)
  async list(@Input() { query }: InputOf<typeof routes.builds>): Promise<BuildDetails[]> {
    return this.logs.builds(query.appId, query.service);
  }

  @Serves(routes.buildLog)
  async log(@Input() { params }: InputOf<typeof routes.buildLog>): Promise<string> {
    const log = await this.logs.ofRelease(params.release);
    if (log === undefined) throw withoutLog(`of the release ${params.release}`);
    return log;
  }

  @Serves(routes.requestBuildLog)
  async ofRequest(@Input() { params, query }: InputOf<typeof routes.requestBuildLog>): Promise<string> {
    const { token } = params;
    const { service } = query;
    const log = await this.logs.ofRequest(token, service);
    if (log === undefined) throw withoutLog(`of ${service} in the request ${token}`);
    return log;
  }
}
