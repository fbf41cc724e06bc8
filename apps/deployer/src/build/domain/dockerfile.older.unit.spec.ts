import { expect, it } from 'vitest';
import { parseServiceConfig } from '#libs/contracts';
import { olderConfig as older } from '#libs/testing';
import { detect, treeOf } from '#libs/source-detect';
import { writeDockerfile } from './dockerfile.js';

const images = {
  byRuntime: { python: 'py:3', go: 'go:1', java: 'java:17' },
  legacy: { python: 'own/py:3', node: 'own/node:24' },
};

it.each<readonly [string, object, readonly string[]]>([
  ['older-absolute-paths', older, ['s1.py', 'requirements.txt']],
  ['older-whole-source', { ...older, package_installation_cmd: 'pip install .' }, ['s1.py', 'setup.py']],
  ['older-other-language', { ...older, language: 'ruby:3', package_installation_cmd: '' }, ['s1.rb']],
  [
    'older-node',
    {
      ...{ ...older, language: 'node:20', packages_file_path: './package.json' },
      ...{ package_installation_cmd: 'npm ci', command: 'node /myapp/index.js' },
    },
    ['index.js', 'package.json', 'package-lock.json'],
  ],
  [
    'go-hello',
    { runtime: 'go', port: 8080, build: 'go build -o bin/hello .', command: './bin/hello' },
    ['go.mod', 'main.go'],
  ],
  [
    'java-hello',
    { runtime: 'java', port: 8080, build: 'javac -d out Hello.java', command: 'java -cp out Hello' },
    ['Hello.java'],
  ],
])('the Dockerfile of %s', async (name, config, files) => {
  const parsed = parseServiceConfig(JSON.stringify(config));
  const tree = treeOf(Object.fromEntries(files.map((file) => [file, ''])));
  const written = writeDockerfile(detect(tree, parsed), { config: parsed, images, cacheMounts: true });
  await expect(written?.dockerfile).toMatchFileSnapshot(`./golden/${name}.Dockerfile`);
});
