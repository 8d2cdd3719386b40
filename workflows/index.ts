// The list of workflows, nothing else.
export { conversation } from './conversation';
export { directorySync } from './directorySync';
export { partnerForward } from './partnerForward';
export { verification } from './verification';
