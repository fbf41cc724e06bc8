import { parseArgs } from 'node:util';
import { startSimulator } from './simulator.js';

/** A simulated engine as a process: `node main.js --socket PATH --name NAME ...`; ends in order by SIGTERM. */
const { values } = parseArgs({
  options: {
    socket: { type: 'string', multiple: true, default: [] },
    name: { type: 'string', default: 'simulated' },
    cpus: { type: 'string', default: '64' },
    'memory-gib': { type: 'string', default: '256' },
    image: { type: 'string', multiple: true, default: [] },
    'registry-ca': { type: 'string' },
  },
});
const simulator = await startSimulator({
  socketPaths: values.socket,
  name: values.name,
  cpus: Number(values.cpus),
  memoryBytes: Number(values['memory-gib']) * 1024 ** 3,
  images: values.image,
  registryCaFile: values['registry-ca'] || undefined,
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => void simulator.close().finally(() => process.exit()));
