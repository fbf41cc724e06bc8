import { runUntilSignal } from '#libs/runtime';
import { startNodeManager } from './start.js';

await runUntilSignal(() => startNodeManager());
