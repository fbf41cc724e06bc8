import type { Duplex } from 'node:stream';
import type { SimulatedNode } from './simulated-node.js';

/** Speaks the lines of the agent's loop (`sampling-loop.ts`) over a stream, until it ends. */
export function answerLoop(stream: Duplex, node: SimulatedNode, mark: string): void {
  const slots = new Map<string, string>();
  /** Of those whose peaks are asked for. */
  const peaks = new Set<string>();
  const say = (sequence: string, begun: number, text: string): void => {
    const times = [begun, node.uptime].map((seconds) => seconds.toFixed(2)).join(' ');
    stream.write(`${mark} answer ${sequence} ${times} ${text.length}\n${text}\n${mark} end ${sequence}\n`);
  };
  const take = (line: string): void => {
    const [verb, number = '', id = '', , peak] = line.split(' ');
    if (verb === '+') {
      slots.set(number, id);
      if (peak === 'peak') peaks.add(number);
    } else if (verb === '-') {
      slots.delete(number);
      peaks.delete(number);
    } else if (verb === 't') say(number, node.uptime, node.topology());
    else if (verb === 'l') say(number, node.uptime, node.sockets());
    else if (verb === 'f' || verb === 's') {
      const begun = node.uptime;
      say(number, begun, node.look(slots, verb === 's', peaks));
    }
  };
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    lines.forEach(take);
  });
  stream.on('end', () => stream.end());
  stream.on('error', () => stream.destroy());
  stream.write(`${mark} ready ${node.bootId}\n`);
}
