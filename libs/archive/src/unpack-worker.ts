import { parentPort } from 'node:worker_threads';
import { outcomeOf, type UnpackOutcome } from './unpack-outcome.js';
import { unpack, type UnpackRequest } from './unpack.js';

/** Unpacks what it is sent, one archive after the other. */
parentPort?.on('message', (request: UnpackRequest) => {
  void unpack(request)
    .then((unpacked): UnpackOutcome => ({ unpacked }), outcomeOf)
    .then((outcome) => parentPort?.postMessage(outcome));
});
