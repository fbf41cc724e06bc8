import type { Listener, Pool } from '#libs/postgres';
import { RegistryUnavailableError } from '#libs/registry-client';
import { Recurring, type Runtime } from '#libs/runtime';
import { KnownStructures } from './adapters/known-structures.js';
import { CurrentSaid, PostgresHostStates, PostgresStructures } from './adapters/postgres-structures.js';
import { RegistryServices } from './adapters/registry-services.js';

const REFRESH_MS = 1_000;

interface StructuresParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  readonly logger: Runtime['logger'];
}

/** What may be rescaled, and within which bounds: by the registry, and by what people said. */
export function createStructures({ pool, listener, logger }: StructuresParts) {
  const said = new CurrentSaid(pool);
  const known = new KnownStructures({
    ...{ pool, listener, said },
    onError(err) {
      // As in a first start, in which the node manager comes up beside it.
      if (err instanceof RegistryUnavailableError) logger.info({ hint: err.hint }, err.message);
      else logger.warn({ err }, 'the registry is not read now; what was known counts');
    },
  });
  let hasFailed = false;
  const refreshing = new Recurring(REFRESH_MS, async () => {
    try {
      await said.refresh();
      hasFailed = false;
    } catch (err) {
      if (!hasFailed) logger.warn({ err }, 'what was said of limits is not read now; what was known counts');
      hasFailed = true;
    }
  });
  return {
    ...{ known, said, record: new PostgresStructures(pool) },
    ...{ hosts: new PostgresHostStates(pool), services: new RegistryServices(pool) },
    async start(): Promise<void> {
      await known.start();
      refreshing.start({ atOnce: true });
    },
    async stop(): Promise<void> {
      await refreshing.stop();
      await known.stop();
    },
  };
}
