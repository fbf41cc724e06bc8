import { startSimulatedNodes } from './simulated-nodes.js';

/** Simulated nodes as a process, which says in a line of JSON where they are. */
const [count = 1, containers = 50, working = 0.5] = process.argv.slice(2).map(Number);
const { hostKeyFingerprint, nodes } = await startSimulatedNodes(count, { containers, working });
console.log(JSON.stringify({ hostKeyFingerprint, nodes }));
