import { expect, it } from 'vitest';
import { explainBase, whyNoImage } from './base-failure.js';

const BEGIN =
  'Building 10.80.0.1:17849/a/b:1: failed to solve with frontend dockerfile.v0: failed to create LLB definition: ';
const AWAY =
  'failed to do request: Head "https://registry-1.docker.io/v2/library/pythn/manifests/3.12": dial tcp: lookup registry-1.docker.io: no such host';

it('a base that cannot be loaded was told in the words of BuildKit: the image and its line are first', () => {
  const explained = explainBase(
    `${BEGIN}${AWAY}`,
    'FROM slipway/node:24 AS site\n\nFROM pythn:3.12\nCOPY . .\n',
  );
  expect(explained?.message).toMatch(
    /^The image pythn:3\.12, named by line 3 of the Dockerfile, cannot be loaded: Docker Hub \(registry-1\.docker\.io\) is not reached\. failed to do request/,
  );
  expect(explained?.hint).toMatch(/^Check the name first/);
});

it('a base that is not there is told by its name', () => {
  const reason = `${BEGIN}docker.io/library/node:99: not found`;
  expect(explainBase(reason, 'FROM node:99\n')?.message).toMatch(
    /^There is no image node:99, named by line 1 of the Dockerfile, in Docker Hub/,
  );
  expect(
    explainBase(reason.replace('docker.io/library', 'r.example'), 'FROM r.example/node:99')?.message,
  ).toContain('in r.example,');
});

it('an image that reads the Dockerfile (# syntax) was told without its line, or as the only base', () => {
  const reason =
    'Building r/a:1: failed to solve with frontend dockerfile.v0: failed to solve with frontend gateway.v0: failed to do request: Head "https://registry-1.docker.io/v2/docker/dockerfile/manifests/1": dial tcp: lookup registry-1.docker.io: no such host';
  const explained = explainBase(
    reason,
    '# check=skip=all\n# syntax=docker/dockerfile:1\nFROM slipway/node:24\n',
  );
  expect(explained?.message).toMatch(
    /^The image docker\/dockerfile:1, which line 2 of the Dockerfile names to read it \(# syntax\), cannot be loaded: Docker Hub .* is not reached\./,
  );
  expect(explained?.hint).toMatch(/^Remove that line/);
  const ofBase = explainBase(`${BEGIN}${AWAY}`, '# syntax=docker/dockerfile:1\nFROM pythn:3.12\n');
  expect(ofBase?.message).toMatch(/^The image pythn:3\.12, named by line 2 /);
});

it('a base for other machines is told as that, and not as one that is not there', () => {
  const reason = `${BEGIN}no match for platform in manifest sha256:228a: not found`;
  expect(explainBase(reason, 'FROM clojure:alpine\n')?.message).toMatch(
    /^The image clojure:alpine, named by line 1 of the Dockerfile, is not made for the machine that builds\./,
  );
});

it('other failures, and those of which no image is sure, are left to others', () => {
  expect(explainBase('executor failed running [x]: exit code: 1', 'FROM a')).toBeUndefined();
  expect(
    explainBase(`${BEGIN}dockerfile parse error line 2: unknown instruction: RUNN`, 'FROM a'),
  ).toBeUndefined();
  expect(explainBase(`${BEGIN}docker.io/library/x:1: not found`, 'FROM one\nFROM two')).toBeUndefined();
});

it('an image of config.json that cannot be asked for began with "Asking the registry"', () => {
  const reason =
    '(HTTP code 500) server error - Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host';
  const explained = whyNoImage('redis:7', 'named by image of config.json', reason);
  expect(explained?.message).toMatch(
    /^The image redis:7, named by image of config\.json, cannot be loaded: Docker Hub .* is not reached\. Get "https/,
  );
});
