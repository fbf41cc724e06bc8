import { Controller, type DynamicModule, Get, Header, Inject, Module, Res } from '@nestjs/common';
import type { Health, Readiness } from './health.js';
import type { Metrics } from './metrics.js';

const HEALTH = Symbol('Health');
const METRICS = Symbol('Metrics');

interface Reply {
  status(code: number): unknown;
}

/** What an orchestrator and a scraper ask. No secrets, so no token. */
@Controller()
class TelemetryController {
  constructor(
    @Inject(HEALTH) private readonly healthState: Health,
    @Inject(METRICS) private readonly metricsOf: Metrics,
  ) {}

  /** The process lives. */
  @Get('health')
  health(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  /** It may be given work; 503 with what each check said when not. */
  @Get('ready')
  async ready(@Res({ passthrough: true }) reply: Reply): Promise<Readiness> {
    const readiness = await this.healthState.readiness();
    // Not thrown: an app's filter would write its own body.
    reply.status(readiness.ready ? 200 : 503);
    return readiness;
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.metricsOf.registry.metrics();
  }
}

/** GET /health, /ready and /metrics for the app that imports it. */
@Module({})
export class TelemetryModule {
  static forRoot(parts: { readonly health: Health; readonly metrics: Metrics }): DynamicModule {
    return {
      module: TelemetryModule,
      controllers: [TelemetryController],
      providers: [
        { provide: HEALTH, useValue: parts.health },
        { provide: METRICS, useValue: parts.metrics },
      ],
    };
  }
}
