// Global set-up of the Jest project `conversations`.
import { prepareServers } from './servers';

export = () => prepareServers('postgres', 'conversations', 'temporal');
