import { runUntilSignal } from '#libs/runtime';
import { startGateway } from './start.js';

await runUntilSignal(() => startGateway());
