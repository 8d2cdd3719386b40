// Global set-up of the Jest project `journeys`.
import { prepareServers } from './servers';

export = () => prepareServers('temporal');
