export * from './errors.js';
export { connectEngine, type EngineAddress } from './connect-engine.js';
export { Engine } from './engine.js';
export type { ContainerState, ListedContainer, ListedImage } from './engine-answers.js';
export type { EngineInfo, Limit } from './engine-info.js';
export type { ContainerSpec, HealthCommand } from './container-spec.js';
export type { ExecResult } from './run-in-container.js';
export type { BuildRequest, BuiltImage } from './build.js';
export type { RegistryAuth, TransferOptions, TransferProgress } from './transfer.js';
