import { describe, expect, it } from 'vitest';
import { BuildTrace } from './build-trace.js';

/** A length-delimited field of protobuf, shorter than 128 bytes. */
const field = (number: number, content: string): Buffer => {
  const bytes = Buffer.from(content, 'latin1');
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
};
const aux = (...parts: Buffer[]): string => Buffer.concat(parts).toString('base64');
const message = (number: number, ...parts: Buffer[]): Buffer =>
  field(number, Buffer.concat(parts).toString('latin1'));
const step = (digest: string, ...more: Buffer[]): Buffer =>
  message(1, field(1, digest), field(3, `step ${digest}`), field(5, ''), ...more);
const wrote = (digest: string, text: string): Buffer => message(3, field(1, digest), field(4, text));

describe('the progress of a build', () => {
  it('broke a line where a program wrote it in pieces ("sh: 1: " and "vite: not found")', () => {
    const trace = new BuildTrace();
    expect(trace.read(aux(step('a'), wrote('a', 'sh: 1: ')))).toEqual(['step a']);
    expect(trace.read(aux(wrote('b', 'of another step\n'), wrote('a', 'vite: not found\n')))).toEqual([
      'of another step',
      'sh: 1: vite: not found',
    ]);
  });

  it('gives the rest of a line that never ended: at the end of its step, before its error, or at the end of all', () => {
    const trace = new BuildTrace();
    trace.read(aux(wrote('a', 'half'), wrote('b', 'other'), wrote('c', 'last')));
    expect(trace.read(aux(step('a', field(6, '')), step('b', field(6, ''), field(7, 'failed'))))).toEqual([
      'half',
      'other',
      'ERROR failed',
    ]);
    expect(trace.rest()).toEqual(['last']);
    expect(trace.rest()).toEqual([]);
  });

  it('leaves out empty lines, and takes what is damaged for what it still says', () => {
    expect(new BuildTrace().read(aux(wrote('a', '\n \nsaid\r\n'), Buffer.from([250, 200])))).toEqual([
      'said',
    ]);
  });
});
