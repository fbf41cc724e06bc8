import { Secret } from '#libs/config';
import {
  sealedSecretSchema,
  type SealedSecret,
  type SecretRequest,
  type StoredSecret,
} from '#libs/contracts';
import type { Pool, Transaction } from '#libs/postgres';
import {
  type AtRestKeys,
  decryptAtRest,
  encryptAtRest,
  type PrivateJwks,
  SealError,
  unseal,
} from '#libs/secrets';
import { StepError } from '../../task/domain/task-error.js';
import type { SecretList, Secrets } from '../ports.js';

interface SecretKeys {
  /** The other half of what senders seal to. */
  readonly privateKeys: PrivateJwks;
  /** What rests in the database is encrypted with the first. */
  readonly atRestKeys: AtRestKeys;
}

/** So many can be listed with every survey of a service. */
const MOST_OF_APP = 200;

type Named = Pick<SealedSecret, 'appId' | 'name'>;

/** Secrets of applications: in clear in the memory of whoever launches an instance, and nowhere else. */
export class PostgresSecrets implements Secrets, SecretList {
  constructor(
    private readonly pool: Pool,
    private readonly keys: SecretKeys,
  ) {}

  async names(appId: string): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ name: string }>(
      'SELECT name FROM secrets WHERE app_id = $1 ORDER BY name',
      [appId],
    );
    return rows.map(({ name }) => name);
  }

  async values(appId: string, names: readonly string[]): Promise<ReadonlyMap<string, Secret>> {
    const { rows } = await this.pool.query<{ name: string; value_encrypted: string }>(
      'SELECT name, value_encrypted FROM secrets WHERE app_id = $1 AND name = ANY($2)',
      [appId, names],
    );
    const opened = rows.map(async ({ name, value_encrypted: encrypted }) => {
      const value = await opening({ appId, name }, AT_REST_HINT, () =>
        decryptAtRest(this.keys.atRestKeys, encrypted),
      );
      return [name, value] as const;
    });
    return new Map(await Promise.all(opened));
  }

  async list(appId: string): Promise<readonly StoredSecret[]> {
    const { rows } = await this.pool.query<SecretRow>(
      'SELECT name, version, updated_at FROM secrets WHERE app_id = $1 ORDER BY name',
      [appId],
    );
    return rows.map(toStored);
  }

  /** Throws SECRET_UNREADABLE, SECRETS_TOO_MANY. */
  async set(tx: Transaction, { appId, name, sealedValue = '' }: SecretRequest): Promise<StoredSecret> {
    const { privateKeys, atRestKeys } = this.keys;
    const value = await opening({ appId, name }, IN_TRANSIT_HINT, () => unseal(privateKeys, sealedValue));
    const encrypted = await encryptAtRest(atRestKeys, { appId, name, value: value.reveal() });
    const { rows } = await tx.query<SecretRow>(
      `INSERT INTO secrets AS known (app_id, name, value_encrypted)
       SELECT $1, $2, $3 WHERE (SELECT count(*) FROM secrets WHERE app_id = $1 AND name <> $2) < $4
       ON CONFLICT (app_id, name) DO UPDATE
         SET value_encrypted = EXCLUDED.value_encrypted, version = known.version + 1, updated_at = now()
       RETURNING name, version, updated_at`,
      [appId, name, encrypted, MOST_OF_APP],
    );
    const [row] = rows;
    if (row !== undefined) return toStored(row);
    throw new StepError({
      code: 'SECRETS_TOO_MANY',
      message: `${appId} has ${MOST_OF_APP} secrets, the most that an application can have.`,
      hint: `Remove secrets that no service uses: slipway secret list ${appId}`,
    });
  }

  /** Throws SECRET_NOT_FOUND. */
  async remove(tx: Transaction, { appId, name }: Named): Promise<StoredSecret> {
    const { rows } = await tx.query<SecretRow>(
      'DELETE FROM secrets WHERE app_id = $1 AND name = $2 RETURNING name, version, updated_at',
      [appId, name],
    );
    const [row] = rows;
    if (row !== undefined) return toStored(row);
    throw new StepError({
      code: 'SECRET_NOT_FOUND',
      message: `${appId} has no secret ${name}.`,
      hint: `List the secrets: slipway secret list ${appId}`,
    });
  }
}

interface SecretRow {
  readonly name: string;
  readonly version: number;
  readonly updated_at: Date;
}

const toStored = ({ name, version, updated_at: at }: SecretRow): StoredSecret => ({
  name,
  version,
  updatedAt: at.toISOString(),
});

const IN_TRANSIT_HINT =
  "Seal it to the deployer's own key, SLIPWAY_DEPLOYER_PUBLIC_KEY, under its own name; docs/asyncapi.json says how.";
const AT_REST_HINT =
  'It was stored under a key that is not in SLIPWAY_APP_SECRET_KEY. Add that key, or set the secret again.';

/** What is inside must be of this very secret: else one that is known could be stored under another's name. */
async function opening({ appId, name }: Named, hint: string, open: () => Promise<unknown>): Promise<Secret> {
  const inside = sealedSecretSchema.safeParse(await open().catch(ifSealed));
  if (inside.success && inside.data.appId === appId && inside.data.name === name)
    return new Secret(inside.data.value);
  const message = `The secret ${name} of ${appId} could not be opened.`;
  throw new StepError({ code: 'SECRET_UNREADABLE', message, hint });
}

function ifSealed(error: unknown): undefined {
  if (!(error instanceof SealError)) throw error;
}
