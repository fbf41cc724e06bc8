import { expect, it } from 'vitest';
import { settling as settlingWith } from './settling.js';

const settling = (directory: string, refusal: Parameters<typeof settlingWith>[1]) =>
  settlingWith(directory, refusal, { given: {}, force: false });

it('the example was always one of Python: it is that of the refusal', () => {
  const examples = { build: 'cargo build --release', command: './target/release/app' };
  expect(settling('rs', { field: 'command', examples })).toEqual({
    next: 'slipway init rs --build "cargo build --release" --command ./target/release/app',
  });
});

it('named a flag that did not exist, such as --output: it is one', () => {
  expect(settling('site', { field: 'output', examples: { output: 'dist' } })?.next).toBe(
    'slipway init site --output dist',
  );
});

it('of a refusal without an example has one of its own, and none where no flag gives the field', () => {
  expect(settling('a', { field: 'port', examples: {} })).toEqual({
    line: '"port": 8080',
    next: 'slipway init a --port 8080',
  });
  expect(settling('a', { field: 'target', examples: {} })).toBeUndefined();
});

it('forgot what the command was given: the next one has it, too', () => {
  const given = { runtime: 'static', port: 80, build: ['make', 'site'] };
  const refusal = { field: 'output', examples: { output: 'dist' } };
  expect(settlingWith('site', refusal, { given, force: true })?.next).toBe(
    'slipway init site --runtime static --port 80 --build "make site" --output dist --force',
  );
});
