import { describe, expect, it } from 'vitest';
import { toEngineError } from './classify.js';

const response = (statusCode: number, message: string) => Object.assign(new Error(message), { statusCode });

describe('toEngineError', () => {
  it.each([
    ['Bind for 0.0.0.0:8080 failed: port is already allocated', 'PORT_TAKEN'],
    ['listen tcp4 0.0.0.0:8080: bind: address already in use', 'PORT_TAKEN'],
    ['creating container storage: the container name "a" is already in use by 62a9', 'NAME_TAKEN'],
    ['write /var/lib/docker/tmp: no space left on device', 'NO_SPACE'],
    // A user that the image does not know was a fault of the engine.
    ['unable to find user bob: no matching entries in passwd file', 'SPEC_INVALID'],
    ['unauthorized: authentication required', 'REGISTRY_DENIED'],
    ['manifest unknown: manifest unknown', 'IMAGE_NOT_FOUND'],
    ['unrecognized image ID sha256:f0dbd7f9', 'IMAGE_NOT_FOUND'],
    ['tag does not exist: registry:5000/shop/web:none', 'IMAGE_NOT_FOUND'],
    ['Get "https://r:5000/v2/": x509: certificate signed by unknown authority', 'REGISTRY_UNREACHABLE'],
    ['received unexpected HTTP status: 503 Service Unavailable', 'REGISTRY_UNREACHABLE'],
    [
      'unexpected status from GET request to https://r/v2/a/manifests/1: 502 Bad Gateway',
      'REGISTRY_UNREACHABLE',
    ],
    ['toomanyrequests: retry-after: 1s', 'REGISTRY_UNREACHABLE'],
    [
      'Get "https://r/v2/": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      'REGISTRY_UNREACHABLE',
    ],
    ['Head "https://r/v2/a/manifests/1": EOF', 'REGISTRY_UNREACHABLE'],
    ['Get "https://r/v2/": unauthorized: authentication required', 'REGISTRY_DENIED'],
    ['download failed after attempts=6: unexpected EOF', 'REGISTRY_UNREACHABLE'],
    ['failed to create task for container: context deadline exceeded', 'ENGINE_FAILED'],
    ['something else', 'ENGINE_FAILED'],
  ])('%s is %s', (sentence, code) => {
    expect(toEngineError('It', response(500, sentence))).toMatchObject({ code });
  });

  it('a registry without TLS that the engine was not told of is named as that', () => {
    const said = 'Get "https://r:5000/v2/": http: server gave HTTP response to HTTPS client';
    expect(toEngineError('Pulling r:5000/a', response(500, said))).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      hint: expect.stringContaining('insecure-registries') as string,
    });
  });

  it('takes the status of the call before any sentence', () => {
    expect(
      toEngineError('It', response(404, 'port is already allocated'), { 404: 'IMAGE_NOT_FOUND' }),
    ).toMatchObject({
      code: 'IMAGE_NOT_FOUND',
      kind: 'permanent',
    });
  });

  it('without an answer was not reached', () => {
    expect(toEngineError('It', new Error('ECONNREFUSED'))).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      kind: 'retriable',
    });
  });
});
