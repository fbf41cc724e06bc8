import { runUntilSignal } from '#libs/runtime';
import { startAgent } from './start.js';

await runUntilSignal(() => startAgent());
