import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { z } from 'zod';
import { kafkaVariables, loadConfig, withKafkaRules } from '#libs/config';
import type { NeededAcl } from '#libs/contracts';
import { administered, connectionOf, createKafka, type PlatformKafka, SILENT } from '#libs/kafka';
import { until } from '#libs/testing';
import { type SecuredBroker, startSecuredBroker } from '../../scripts/one-machine/secured-kafka.js';
import type { SetUp } from '../../scripts/one-machine/set-up.js';
import { cacheDirectory, claimSlot } from '../../scripts/one-machine/slot.js';
import { TokenIssuer } from './token-issuer.js';

type Env = Readonly<Record<string, string>>;

const OPERATIONS = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Create: AclOperationTypes.CREATE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
} as const;

export const PASSWORDS = { ada: 'a-password', bob: 'b-password' };
export const CLIENT = { id: 'slipway-client', secret: 'client-secret' };

const schema = withKafkaRules(z.object(kafkaVariables));

/** A secured broker with its identity provider, and clients of it by the variables that users set. */
export class SecuredKafka {
  private constructor(
    readonly broker: SecuredBroker,
    readonly issuer: TokenIssuer,
    private readonly release: () => Promise<void>,
  ) {}

  static async start(given?: SetUp): Promise<SecuredKafka> {
    const slot = given === undefined ? await claimSlot() : undefined;
    const own = slot && { slot, cache: cacheDirectory(), report: () => undefined, breakable: false };
    const issuer = await TokenIssuer.start({ [CLIENT.id]: CLIENT.secret });
    const broker = await startSecuredBroker((given ?? own) as SetUp, {
      users: PASSWORDS,
      certificates: ['carol'],
      jwksUrl: issuer.jwksUrl,
    });
    return new SecuredKafka(broker, issuer, async () => slot?.release());
  }

  async stop(): Promise<void> {
    await this.broker.stop();
    await this.issuer.stop();
    await this.release();
  }

  get caFile(): string {
    return join(this.broker.folder, 'ca.crt');
  }

  /** The variables of a client with TLS. */
  secured(more: Env = {}): Env {
    return { KAFKA_BROKERS: this.broker.saslSsl, KAFKA_TLS: 'true', KAFKA_CA_FILE: this.caFile, ...more };
  }

  withPassword(mechanism: string, name: keyof typeof PASSWORDS = 'ada', more: Env = {}): Env {
    return this.secured({
      KAFKA_SASL_MECHANISM: mechanism,
      KAFKA_SASL_USERNAME: name,
      KAFKA_SASL_PASSWORD: PASSWORDS[name],
      ...more,
    });
  }

  withToken(more: Env = {}): Env {
    return this.secured({
      KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      KAFKA_OAUTH_TOKEN_URL: this.issuer.tokenUrl,
      KAFKA_OAUTH_CLIENT_ID: CLIENT.id,
      KAFKA_OAUTH_CLIENT_SECRET: CLIENT.secret,
      ...more,
    });
  }

  withCertificate(more: Env = {}): Env {
    return this.secured({
      KAFKA_BROKERS: this.broker.mutualTls,
      KAFKA_CLIENT_CERTIFICATE_FILE: join(this.broker.folder, 'carol.crt'),
      KAFKA_CLIENT_KEY_FILE: join(this.broker.folder, 'carol.key'),
      ...more,
    });
  }

  /** Who may do everything. */
  administrator(): PlatformKafka {
    return clientOf({ KAFKA_BROKERS: this.broker.plain });
  }

  async allow(principal: string, { operation, resource, name, isPrefix }: NeededAcl): Promise<void> {
    const resourceType = resource === 'topic' ? AclResourceTypes.TOPIC : AclResourceTypes.GROUP;
    const acl = {
      ...{ resourceType, resourceName: name },
      resourcePatternType: isPrefix ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      ...{ principal, host: '*', operation: OPERATIONS[operation] },
      permissionType: AclPermissionTypes.ALLOW,
    };
    await administered(this.administrator(), async (admin) => {
      await admin.createAcls({ acl: [acl] });
      // The controller answers before the broker's authorizer has read the change.
      await until('the ACL', async () => (await admin.describeAcls(acl)).resources.length > 0, {
        timeoutMs: 30_000,
      });
    });
  }
}

export const connectionBy = (env: Env) => connectionOf(loadConfig(schema, env));

/** As an app or the command would make it. */
export const clientOf = (env: Env): PlatformKafka =>
  createKafka({ ...connectionBy(env), clientId: `infra-${randomUUID()}`, logger: SILENT, retries: 3 });
