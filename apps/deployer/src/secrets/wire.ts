import type { Pool } from '#libs/postgres';
import { renewColumn } from '#libs/runtime';
import { atRestKeys, parsePrivateKeys } from '#libs/secrets';
import type { Logger } from '#libs/telemetry';
import type { DeployerConfig } from '../deployer.config.js';
import type { RequestAnswers } from '../requests/ports.js';
import { SecretIntake } from './adapters/secret-intake.js';
import { PostgresSecrets } from './adapters/secrets.js';

export { withoutSecrets } from './adapters/without-secrets.js';

interface SecretParts {
  readonly config: DeployerConfig;
  readonly pool: Pool;
  readonly logger: Logger;
}

/** The secrets of applications: sealed on the way here, encrypted at rest. Those under an older key are renewed first. */
export async function createSecrets({ config, pool, logger }: SecretParts): Promise<PostgresSecrets> {
  const keys = atRestKeys(config.SLIPWAY_APP_SECRET_KEY?.reveal(), config.SLIPWAY_SECRET_KEY?.reveal());
  await renewColumn({ pool, logger }, { table: 'secrets', column: 'value_encrypted', keys });
  const privateKeys = parsePrivateKeys(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal());
  return new PostgresSecrets(pool, { privateKeys, atRestKeys: keys });
}

export const createSecretIntake = (secrets: PostgresSecrets, requests: RequestAnswers): SecretIntake =>
  new SecretIntake({ secrets, requests });
