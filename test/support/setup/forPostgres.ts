// Global set-up of the Jest project `postgres`.
import { prepareServers } from './servers';

export = () => prepareServers('postgres');
