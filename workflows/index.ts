// The list of workflows, nothing else.
export { conversation } from './conversation';
