import { Recurring, type Runtime } from '#libs/runtime';
import type { Balancing } from '../balancing/wire.js';
import type { OpenDataPlane } from '../data-plane/wire.js';
import type { GatewayConfig } from '../gateway.config.js';
import type { CarriedService } from './domain/gateway-figures.js';
import type { Reporting } from './ports.js';
import { TellFigures } from './tell-figures.js';

const TELL_MS = 1_000;

interface FiguresParts {
  readonly runtime: Pick<Runtime, 'logger'>;
  readonly plane: OpenDataPlane;
  readonly balancing: Pick<Balancing, 'current'>;
  readonly reporting: Reporting;
  readonly config: Pick<GatewayConfig, 'GATEWAY_ACCESS_LOG'>;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

interface Figures {
  start(): void;
  stop(): Promise<void>;
}

/** What the gateway tells load balancers of the requests that it carries. */
export function createFigures({ runtime, plane, balancing, reporting, config, now }: FiguresParts): Figures {
  let isSaid = false;
  const tell = new TellFigures({
    ...{ reporting, waiting: plane, hasLog: config.GATEWAY_ACCESS_LOG, now },
    carried: () => carriedOf(balancing),
    monotonicMs: () => performance.now(),
    onError(err) {
      if (!isSaid) runtime.logger.warn({ err }, 'load balancers are not told how services do');
      isSaid = true;
    },
  });
  plane.onRequest((request, answer) => tell.answered(request, answer));
  plane.onHeld((service) => tell.held(service));
  const telling = new Recurring(TELL_MS, () => tell.tell());
  return {
    start: () => telling.start(),
    async stop() {
      await telling.stop();
      await reporting.end().catch(() => undefined);
    },
  };
}

const carriedOf = (balancing: Pick<Balancing, 'current'>): readonly CarriedService[] =>
  [...balancing.current().values()].map(({ id, instances }) => ({
    id,
    instances: instances.map(({ name, watched: { last } }) => ({ name, ...(last && { last }) })),
  }));
