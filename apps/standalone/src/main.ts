import { runUntilSignal } from '#libs/runtime';
import { startStandalone } from './start.js';

await runUntilSignal(() => startStandalone());
