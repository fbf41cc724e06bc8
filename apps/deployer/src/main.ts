import { runUntilSignal } from '#libs/runtime';
import { startDeployer } from './start.js';

await runUntilSignal(() => startDeployer());
