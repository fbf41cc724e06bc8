import { ECRClient } from '@aws-sdk/client-ecr';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { kindOf } from './create-registry.js';
import { ecrLogin } from './ecr-login.js';
import { EcrRegistry } from './ecr-registry.js';

const HOST = '123456789012.dkr.ecr.eu-central-1.amazonaws.com';

interface Answer {
  readonly status?: number;
  readonly body: object;
}
type Answers = Readonly<Record<string, Answer>>;

/** What ECR answers, by action, as its API reference shows it. */
const DONE: Answers = {
  GetAuthorizationToken: {
    body: {
      authorizationData: [
        {
          authorizationToken: Buffer.from('AWS:eyJwYXlsb2Fk').toString('base64'),
          expiresAt: 1_800_000_000,
          proxyEndpoint: `https://${HOST}`,
        },
      ],
    },
  },
  CreateRepository: {
    body: { repository: { repositoryName: 'team/shop/web', repositoryUri: `${HOST}/team/shop/web` } },
  },
  BatchDeleteImage: { body: { imageIds: [{ imageDigest: 'sha256:1' }], failures: [] } },
};
const refusal = (type: string, status = 400): Answer => ({
  status,
  body: { __type: type, message: 'no' },
});

let server: Server;
let client: ECRClient;
let answers: Answers;
const asked: { readonly action: string; readonly input: unknown }[] = [];

beforeEach(async () => {
  answers = DONE;
  asked.length = 0;
  server = createServer((request, response) => {
    const action = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    void json(request).then((input) => {
      asked.push({ action, input });
      const { status = 200, body } = answers[action] ?? refusal('UnknownAction');
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new ECRClient({
    region: 'eu-central-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { accessKeyId: 'id', secretAccessKey: 'key' },
    maxAttempts: 1,
  });
});
afterEach(() => {
  client.destroy();
  server.close();
});

const registry = (): EcrRegistry =>
  new EcrRegistry({ url: `https://${HOST}/team`, credentials: ecrLogin(HOST, client) }, client);
const actions = (): readonly string[] => asked.map(({ action }) => action);

it.each([
  [`https://${HOST}`, 'ecr'],
  ['https://123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/a', 'ecr'],
  ['https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'ecr'],
  ['https://public.ecr.aws/team', 'oci'],
])('%s is %s', (url, kind) => expect(kindOf(url)).toBe(kind));

describe('the login of ECR', () => {
  it('is the token of the AWS identity, kept until half an hour before it ends', async () => {
    let now = (1_800_000_000 - 1_801) * 1_000;
    const login = ecrLogin(HOST, client, () => now);
    expect(await login()).toEqual({ username: 'AWS', password: 'eyJwYXlsb2Fk' });
    await login();
    expect(actions()).toEqual(['GetAuthorizationToken']);
    now += 2_000;
    await login();
    expect(actions()).toEqual(['GetAuthorizationToken', 'GetAuthorizationToken']);
  });

  it('goes to engines with the host of the registry', async () => {
    expect(await registry().login()).toEqual({
      username: 'AWS',
      password: 'eyJwYXlsb2Fk',
      serveraddress: HOST,
    });
  });

  it('without the permission is REGISTRY_DENIED and names the permission', async () => {
    answers = { GetAuthorizationToken: refusal('AccessDeniedException') };
    await expect(registry().login()).rejects.toMatchObject({
      code: 'REGISTRY_DENIED',
      message: expect.stringContaining('ecr:GetAuthorizationToken') as string,
    });
  });
});

describe('a repository of ECR', () => {
  it('is made before a push, with its namespace', async () => {
    const ecr = registry();
    await ecr.ensureRepository(ecr.repository('shop', 'web'));
    expect(asked).toEqual([{ action: 'CreateRepository', input: { repositoryName: 'team/shop/web' } }]);
  });

  it('that somebody deleted was not made again before the deployer was started again', async () => {
    const ecr = registry();
    await ecr.ensureRepository('team/shop/web');
    await ecr.ensureRepository('team/shop/web');
    expect(actions()).toEqual(['CreateRepository', 'CreateRepository']);
  });

  it('that is there already is no error', async () => {
    answers = { CreateRepository: refusal('RepositoryAlreadyExistsException') };
    await registry().ensureRepository('team/shop/web');
  });

  it.each([
    ['AccessDeniedException', 400, 'REGISTRY_DENIED', 'ecr:CreateRepository'],
    ['UnrecognizedClientException', 400, 'REGISTRY_DENIED', 'ecr:CreateRepository'],
    ['LimitExceededException', 400, 'REGISTRY_REFUSED', 'LimitExceeded'],
    ['ServerException', 500, 'REGISTRY_UNREACHABLE', 'did not answer'],
    ['ThrottlingException', 400, 'REGISTRY_UNREACHABLE', 'did not answer'],
    ['TooManyRequestsException', 429, 'REGISTRY_UNREACHABLE', 'did not answer'],
  ])('that is refused by %s with %i is %s', async (type, status, code, part) => {
    answers = { CreateRepository: refusal(type, status) };
    await expect(registry().ensureRepository('team/shop/web')).rejects.toMatchObject({
      code,
      message: expect.stringContaining(part) as string,
    });
  });
});

describe('an image of ECR', () => {
  it('is deleted by digest', async () => {
    await registry().deleteImage('team/shop/web', 'sha256:1');
    expect(asked).toEqual([
      {
        action: 'BatchDeleteImage',
        input: { repositoryName: 'team/shop/web', imageIds: [{ imageDigest: 'sha256:1' }] },
      },
    ]);
  });

  it.each<readonly [string, Answer]>([
    ['image', { body: { failures: [{ failureCode: 'ImageNotFound' }] } }],
    ['repository', refusal('RepositoryNotFoundException')],
  ])('whose %s is gone is no error', async (_, answer) => {
    answers = { BatchDeleteImage: answer };
    await registry().deleteImage('team/shop/web', 'sha256:1');
  });

  it('that an index refers to is REGISTRY_REFUSED with the reason', async () => {
    answers = {
      BatchDeleteImage: { body: { failures: [{ failureCode: 'ImageReferencedByManifestList' }] } },
    };
    await expect(registry().deleteImage('team/shop/web', 'sha256:1')).rejects.toMatchObject({
      code: 'REGISTRY_REFUSED',
      message: expect.stringContaining('ImageReferencedByManifestList') as string,
    });
  });
});
