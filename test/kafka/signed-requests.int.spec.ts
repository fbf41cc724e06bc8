import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  deadLetterTopic,
  deploymentReplied,
  type DeploymentReply,
  deploymentRequested,
  topics,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import { SIGNATURE_HEADER, signRequest } from '#libs/secrets';
import {
  type AppProcess,
  createTestDatabase,
  requireEnv,
  spawnApp,
  type TestDatabase,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';

const KAFKA_PREFIX = `${uniqueName('signed')}.`;
const folder = mkdtempSync(join(tmpdir(), 'slipway-signed-'));
const ci = generateKeyPairSync('ed25519');
const stranger = generateKeyPairSync('ed25519');
const brokers = requireEnv('KAFKA_BROKERS').split(',');
const kafka = createKafka({ brokers, prefix: KAFKA_PREFIX, clientId: 'signed-spec', logger: SILENT });
const producer = new Producer(kafka);
const replies: DeploymentReply[] = [];
const deadReasons: string[] = [];
let database: TestDatabase;
let deployer: AppProcess;
let reading: { stop(): Promise<void> };

beforeAll(async () => {
  const keyFile = join(folder, 'keys.json');
  writeFileSync(
    keyFile,
    JSON.stringify({ keys: [{ ...ci.publicKey.export({ format: 'jwk' }), kid: 'ci' }] }),
  );
  database = await createTestDatabase();
  deployer = spawnApp('deployer', {
    ...process.env,
    ...{ DEPLOYER_DATABASE_URL: database.url, KAFKA_PREFIX },
    ...{ REQUEST_KEYS: keyFile, REQUEST_PRINCIPALS: 'ci=ci@example.com', REQUEST_SIGNATURES: 'required' },
  });
  await untilReady(deployer);
  reading = await tail(kafka, {
    topics: [topics.deploymentResponses, deadLetterTopic(topics.deploymentRequests)],
    from: 'end',
    onMessage({ topic, data, headers }) {
      if (topic === topics.deploymentResponses) replies.push(deploymentReplied.schema.parse(data));
      else deadReasons.push(String(headers['slipway-dead-letter-reason']));
    },
  });
});

afterAll(async () => {
  await reading?.stop();
  await producer.stop();
  await deployer?.stop();
  await database?.drop();
  rmSync(folder, { recursive: true });
});

/** Of a request that does not exist, so that the answer comes at once. */
const cancelBy = (token: string) => ({
  ...{ token, mode: 'cancel', appId: 'shop', appName: 'Shop', cancels: uniqueName('none') },
  ...{ services: [], principal: 'mallory' },
});

type Request = ReturnType<typeof cancelBy>;

async function send(data: Request, key?: KeyObject): Promise<void> {
  const { type, topic } = deploymentRequested;
  const body = Buffer.from(JSON.stringify(data));
  const headers: Record<string, string> = {};
  if (key !== undefined)
    headers[SIGNATURE_HEADER] = await signRequest({ type, body }, { id: 'ci', privateKey: key });
  await producer.publish([{ topic, type, key: data.appId, id: uniqueName('id'), data, headers }]);
}

const codesFor = (token: string) =>
  replies.filter((reply) => reply.token === token).map(({ error }) => error?.code);

const answered = (token: string, times: number) =>
  until(`answer ${times} to ${token}`, () => codesFor(token).length >= times, { timeoutMs: 20_000 });

it('a signed request is of the principal of its key, whatever it claims', async () => {
  const request = cancelBy(uniqueName('signed'));
  await send(request, ci.privateKey);
  await answered(request.token, 1);
  expect(codesFor(request.token)).toEqual(['REQUEST_UNKNOWN']);
  const { rows: stored } = await database.pool.query(
    'SELECT request FROM deployer.requests WHERE token = $1',
    [request.token],
  );
  expect(stored).toMatchObject([{ request: { principal: 'ci@example.com' } }]);
});

it('a signed request that is sent again is answered again, and stored once', async () => {
  const request = cancelBy(uniqueName('again'));
  await send(request, ci.privateKey);
  await answered(request.token, 1);
  await send(request, ci.privateKey);
  await answered(request.token, 2);
  expect(codesFor(request.token)).toEqual(['REQUEST_UNKNOWN', 'REQUEST_UNKNOWN']);
});

it('an unsigned request, and one of a wrong key, are refused and use up no token', async () => {
  const request = cancelBy(uniqueName('refused'));
  await send(request);
  await answered(request.token, 1);
  await send(request, stranger.privateKey);
  await answered(request.token, 2);
  await send(request, ci.privateKey);
  await answered(request.token, 3);
  expect(codesFor(request.token)).toEqual(['SIGNATURE_REFUSED', 'SIGNATURE_REFUSED', 'REQUEST_UNKNOWN']);
  await until('the dead letters', () => deadReasons.length === 2);
  expect(deadReasons).toEqual([
    'slipway-signature: expected a signature, since all requests are signed here',
    'slipway-signature: it does not belong to this body and key',
  ]);
});
