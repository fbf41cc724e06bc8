import type { Pool } from '#libs/postgres';
import { parseAtRestKey, parsePrivateKey } from '#libs/secrets';
import type { DeployerConfig } from '../deployer.config.js';
import type { RequestAnswers } from '../requests/ports.js';
import { SecretIntake } from './adapters/secret-intake.js';
import { PostgresSecrets } from './adapters/secrets.js';

export { withoutSecrets } from './adapters/without-secrets.js';

/** The secrets of applications: sealed on the way here, encrypted at rest. */
export const createSecrets = (config: DeployerConfig, pool: Pool): PostgresSecrets =>
  new PostgresSecrets(pool, {
    privateKey: parsePrivateKey(config.SLIPWAY_DEPLOYER_PRIVATE_KEY.reveal()),
    atRestKey: parseAtRestKey(config.SLIPWAY_SECRET_KEY.reveal()),
  });

export const createSecretIntake = (secrets: PostgresSecrets, requests: RequestAnswers): SecretIntake =>
  new SecretIntake({ secrets, requests });
