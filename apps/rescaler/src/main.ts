import { runUntilSignal } from '#libs/runtime';
import { startRescaler } from './start.js';

await runUntilSignal(() => startRescaler());
